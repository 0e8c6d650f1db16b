"""How soon analytics answers over a million orders of three years: the slowest of a hundred answers, by report."""

import asyncio
import http.client
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from app.bootstrap import build_store
from app.parts import make_keeper
from app.settings import Settings
from application.analytics.facts import FactLine, OrderFact
from benchmarks.lab import Lab
from benchmarks.processes import BenchmarkError
from benchmarks.rows import Row, at_most
from benchmarks.service import API_KEY, Service
from domain.identity import IdSource

FIRST = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 3 * 365
CUSTOMERS, PIZZAS, DRIVERS = 50_000, 32, 12
BATCH = 2_000
GOAL_MS = 200
REPORTS = {
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


def analytics_on_sqlite(lab: Lab) -> list[Row]:
    return _measure(lab, lab.sqlite(), "SQLite", lab.pick(1_000_000, 2_000))


def analytics_on_mongo(lab: Lab) -> list[Row]:
    """Fewer, since they take minutes to write. There are as many months and days to add up."""
    return _measure(lab, lab.mongo(), "MongoDB", lab.pick(300_000, 2_000))


def _measure(lab: Lab, url: str, store: str, orders: int) -> list[Row]:
    asyncio.run(_fill(url, orders))
    with Service(url, lab.log, sink=None) as service:
        slowest = {name: _p99(lab, service.port, name) for name in REPORTS}
    return [
        at_most(f"{name} over {orders:,} orders on {store}, p99", GOAL_MS, [milliseconds], "ms")
        for name, milliseconds in slowest.items()
    ]


async def _fill(url: str, orders: int) -> None:
    """Facts as the handler would have written them, and what they add up to."""
    settings = Settings(database_url=url)
    store = build_store(settings, lambda *_: None)
    await store.open()
    try:
        batch: list[OrderFact] = []
        for fact in _facts(orders):
            batch.append(fact)
            if len(batch) == BATCH:
                await store.order_facts.apply(batch)
                batch = []
        await store.order_facts.apply(batch)
        await make_keeper(settings, store).refresh_all()
    finally:
        await store.close()


def _facts(orders: int) -> Iterator[OrderFact]:
    """Three years of them, most in the evening."""
    chance = random.Random(1)
    ids = IdSource("benchmark")
    step = timedelta(days=DAYS) / orders
    for n in range(orders):
        day = (FIRST + step * n).replace(hour=0, minute=0, second=0, microsecond=0)
        at = day + timedelta(milliseconds=int(chance.triangular(10, 24, 19) * 3_600_000) % 86_400_000)
        lines = tuple(_line(chance) for _ in range(chance.choice((1, 1, 2, 3))))
        confirmed = at + timedelta(seconds=chance.randint(5, 60))
        cooking = confirmed + timedelta(seconds=int(chance.expovariate(1 / 240)))
        ready = cooking + timedelta(seconds=int(chance.gauss(720, 120)))
        delivered = n % 2 == 0
        yield OrderFact(
            order_id=ids.at(at, n),
            version=6,
            placed_at=at,
            status="cancelled" if n % 40 == 0 else "delivered" if delivered else "collected",
            fulfilment="delivery" if delivered else "pickup",
            currency="EUR",
            total_amount=sum(line.amount for line in lines),
            pizza_count=sum(line.quantity for line in lines),
            lines=lines,
            customer=f"{chance.randrange(CUSTOMERS) * 0x9E3779B97F4A7C15 % 2**60:015x}",
            confirmed_at=confirmed,
            estimated_ready_at=confirmed + timedelta(minutes=12),
            cooking_at=cooking,
            ready_at=ready,
            dispatched_at=ready if delivered else None,
            finished_at=ready + timedelta(seconds=chance.randint(300, 2_400)),
            cook="Luigi",
            carrier=f"driver-{chance.randrange(DRIVERS)}" if delivered else None,
        )


def _line(chance: random.Random) -> FactLine:
    quantity = chance.choice((1, 1, 1, 2))
    return FactLine(f"pizza-{chance.randrange(PIZZAS)}", chance.choice("SML"), quantity, 1_300 * quantity)


def _p99(lab: Lab, port: int, name: str) -> float:
    """Milliseconds; ranges begin and end anywhere, and every tenth is all there is."""
    chance = random.Random(name)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for n in range(lab.pick(200, 10)):
        query = dict(REPORTS[name]) | _range(chance, n, longest=400 if name == "series by hour" else DAYS)
        path = f"/api/analytics/{name.partition(' ')[0]}?{urlencode(query)}"
        started = time.perf_counter()
        connection.request("GET", path, headers={"X-API-Key": API_KEY})
        answer = connection.getresponse()
        body = answer.read()
        taken.append((time.perf_counter() - started) * 1000)
        if answer.status != 200:
            raise BenchmarkError(f"{path}: {answer.status} {body.decode()[:200]}")
    connection.close()
    return sorted(taken)[int(len(taken) * 0.99) - 1]


def _range(chance: random.Random, n: int, longest: int) -> dict[str, str]:
    if n % 10 == 0 and longest == DAYS:
        return {}
    start = FIRST + timedelta(days=chance.uniform(0, DAYS))
    end = start + timedelta(days=chance.uniform(0, longest))
    return {"from": start.isoformat(), "to": end.isoformat()}
