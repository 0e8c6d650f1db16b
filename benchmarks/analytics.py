"""How soon analytics answers over a million orders of three years: the slowest of a hundred answers, by report."""

import asyncio
import http.client
import random
import time
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlencode

from benchmarks.lab import Lab, median
from benchmarks.processes import BenchmarkError
from benchmarks.rows import Row, at_most
from benchmarks.service import API_KEY, Service
from benchmarks.three_years import DAYS, FIRST, fill

GOAL_MS = 200
REPORTS: Mapping[str, Mapping[str, str]] = {
    "overview": {},
    "series by hour": {"by": "hour"},
    "series by day": {"by": "day"},
    "series by month": {"by": "month"},
    "pizzas": {},
    "sizes": {},
    "hours": {},
    "kitchen": {},
    "customers": {},
    "drivers": {},
}
#: Milliseconds, from the fastest to the slowest.
Times = list[float]


def analytics_on_sqlite(lab: Lab) -> list[Row]:
    return _measure(lab, lab.sqlite(), "SQLite")


def analytics_on_mongo(lab: Lab) -> list[Row]:
    return _measure(lab, lab.mongo(), "MongoDB")


def _measure(lab: Lab, url: str, store: str) -> list[Row]:
    orders = lab.pick(1_000_000, 2_000)
    asyncio.run(fill(url, orders))
    with Service(url, lab.log, sink=None) as service:
        return [_row(lab, service.port, name, f"{name} over {orders:,} orders on {store}, p99") for name in REPORTS]


def _row(lab: Lab, port: int, name: str, what: str) -> Row:
    """Each answer is timed beside one to a range without orders, which tells how busy the machine was."""
    empty, asked = times(port, name, lab.pick(200, 10))
    note = f", median {median(asked):.0f} ms; of no orders {p99(empty):.0f} ms, median {median(empty):.1f} ms"
    return at_most(what, GOAL_MS, [p99(asked)], "ms", note)


def p99(taken: Times) -> float:
    return taken[int(len(taken) * 0.99) - 1]


def times(port: int, name: str, count: int) -> tuple[Times, Times]:
    """Of empty ranges, and of ranges that begin and end anywhere, and every tenth of which is all there is."""
    chance = random.Random(name)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    nothing = {"from": FIRST.isoformat(), "to": FIRST.isoformat()}
    empty, asked = [], []
    for n in range(count):
        within = _range(chance, n, longest=400 if name == "series by hour" else DAYS)
        empty.append(_ask(connection, name, nothing))
        asked.append(_ask(connection, name, within))
    connection.close()
    return sorted(empty), sorted(asked)


def _ask(connection: http.client.HTTPConnection, name: str, within: Mapping[str, str]) -> float:
    path = f"/api/analytics/{name.partition(' ')[0]}?{urlencode({**REPORTS[name], **within})}"
    started = time.perf_counter()
    connection.request("GET", path, headers={"X-API-Key": API_KEY})
    answer = connection.getresponse()
    body = answer.read()
    taken = (time.perf_counter() - started) * 1000
    if answer.status != 200:
        raise BenchmarkError(f"{path}: {answer.status} {body.decode()[:200]}")
    return taken


def _range(chance: random.Random, n: int, longest: int) -> dict[str, str]:
    if n % 10 == 0 and longest == DAYS:
        return {}
    start = FIRST + timedelta(days=chance.uniform(0, DAYS))
    end = start + timedelta(days=chance.uniform(0, longest))
    return {"from": start.isoformat(), "to": end.isoformat()}
