"""Writes docs/reliability.md from what the runs have left in build/faults: `make faults` does it at its end."""

import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.faults.conftest import RESULTS
from tests.faults.ledger import COUNTS
from tests.pizzeria import ROOT

PAGE = ROOT / "docs" / "reliability.md"
TOTALS = ("orders", "acknowledged", "events", "arrivals", "stock movements", "movements of points", "SMS", "mails")
STORES = {"sqlite": "SQLite", "mongodb": "MongoDB"}
Result = dict[str, Any]

INTRODUCTION = """\
# Reliability: what is promised, and how it is tested

Written by `make faults`; what to do when something happens stands in [operations.md](operations.md).

1. **Durable**: a 2xx answer to a command means that the change is on disk.
2. **State and events together**: one atomic write, guarded by the version; never a silent overwrite.
3. **At least once, for every handler**: retried with backoff, parked where it keeps failing, never dropped.
4. **In order**: per order and handler; what is parked holds back the later events of its order for its handler.
5. **Effects once**: each receiver knows a repeat by the event's id, which never changes.
6. **Isolated**: a slow or failing handler delays no request, no other handler, no other order.
7. **One worker at a time**: a replica that wakes up after its lease changes nothing.
8. **Bounded**: queues, documents, bodies and memory have limits, and a clear refusal beyond them.
9. **Graceful**: SIGTERM fails no request and hands back what is unfinished; SIGKILL loses nothing.

## How

`tests/faults/` runs the service as its users do: as processes, on a SQLite file or on a MongoDB-compatible server, with
a real HTTP sink, a real kitchen display, an SMS provider and a real mail server. Clients take orders through their
lives, insist until they are answered, and write every acknowledged command into a ledger; so do all those receivers
with everything that reaches them. At the end an auditor reads the store itself, past the service, and compares. The
counts below must be 0.

What is counted, beside orders, events and the kitchen's tickets and places, of every run, none left out:

- **Stock.** The pizzas have recipes, and share an ingredient; the stock room is filled through the API before the first
  order. Each order's ingredients are reserved once, by the amount that its lines take, deducted once when it is
  confirmed, released or returned once when it is cancelled, and gone once it was cooked; levels are the sum of the
  movements, and none is below zero. A reservation without an order needs a request that came to nothing. Only in a
  copy of MongoDB, which is read part by part, the stock may know more of an order than the order does.
- **Points.** Credited once for each confirmed order, taken back once where that was cancelled, by the amount that the
  order's total gives; every customer's points under one id, which is nobody else's.
- **Mails and SMS.** Every guest has a phone, every third a mail address. Each event that calls for a message led to at
  least one, to that customer, in order per order, repeats under the same `Message-ID` or `Idempotency-Key`, and nothing
  else was told; the record of each says what became of it, and names the receipt that the provider gave.
- **Money**, in run 15: every payment that was reported is in its order once, to the cent.

A short form of all of it runs with every change (`make faults-short`); a run below that has been made in that size only
says so. `SEED=...` repeats a run: the same orders, the same faults at the same points of the load; which instruction a
kill hits is the machine's own choice.
"""

FINDINGS = """\
## What it has found so far

Each of these was mended at its root, and the run that found it, or a smaller one, is kept as a test.

- An order that changed before each acknowledgement lost its lease without a fault, and all its events came twice.
- Where events came often to orders whose leases were held, as they do behind a slow mail server, the look for those new
  events left no time to renew the other leases: they ran out, and their events were handled again.
- A stop that cancelled a sweep between its write and its answer left leases behind that nobody knew of; one with much
  in hand on a slow store gave up handing back after a second.
- On SQLite a full disk made events come out that never happened: what a transaction had seen was believed although it
  was rolled back.
- The clock set back by an hour held events back for an hour, silently; set forward, it had them delivered twice.
- A starved replica claimed thousands of orders after a long outage, lost them all before their turn, and began anew.
- A redrive of nothing, by a second click, broke the measure of the backlog on every replica.
- A cook who lost to a cancellation kept a place in the kitchen; a place that was given up left a hole in `sequence`.
- SIGTERM reset connections that the kernel had accepted and the service had not.
- The store's health check passed on a full disk, and hung with a store that hung.
- After a restore on MongoDB nothing could be deducted, released or taken in until the next order came: the stock room
  asked for a mark of its counters to be absent that a restore writes as 0.
"""


def write_report() -> bool:
    """Write the page. Says whether every run was clean and every mutant was noticed."""
    runs = sorted(_read("[0-9]*"), key=lambda run: (run["number"], run["part"], run["store"]))
    mutants = sorted(_read("mutant-*"), key=lambda run: (run["mistake"], run["store"]))
    soaks = sorted(_read("soak-*"), key=lambda run: str(run["store"]))
    lines = [INTRODUCTION, *_machine(), *_totals(runs), *_runs(runs), *_mutants(mutants), *_model(), *_soaks(soaks)]
    lines.append(FINDINGS)
    PAGE.write_text("\n".join(lines).rstrip() + "\n")
    return all(not any(run["counts"].values()) for run in runs + soaks) and all(run["noticed"] for run in mutants)


def _read(pattern: str) -> list[Result]:
    return [json.loads(path.read_text()) for path in RESULTS.glob(f"{pattern}.json")]


def _machine() -> Iterator[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield "## Where"
    yield ""
    yield (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} shared cores ({_processor()}), {memory:.0f} GiB, "
        f"{platform.system()} {platform.release().split('-')[0]}, Python {platform.python_version()}. "
        "MongoDB stands for FerretDB 2.7 over PostgreSQL 18 with DocumentDB, durable."
    )
    yield ""


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _totals(runs: list[Result]) -> Iterator[str]:
    facts: Counter[str] = Counter()
    for run in runs:
        facts.update({name: run["facts"].get(name, 0) for name in TOTALS})
    yield "## What was found"
    yield ""
    yield (
        f"In all runs together {facts['orders']:,} orders, {facts['acknowledged']:,} acknowledged commands, "
        f"{facts['events']:,} events in the audit trail, {facts['arrivals']:,} arrivals at the sink and the display, "
        f"{facts['stock movements']:,} movements of stock and {facts['movements of points']:,} of points, "
        f"{facts['SMS']:,} SMS and {facts['mails']:,} mails:"
    )
    yield ""
    found: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    for run in runs:
        found.update(run["counts"])
    yield from _table(("counted", "found"), [(what, f"{count:,}") for what, count in found.items()])


def _runs(runs: list[Result]) -> Iterator[str]:
    yield "## Runs"
    yield ""
    yield "Repeats are what a receiver knows by the event's id to have had before: at least once, as promised."
    yield ""
    rows = []
    for run in runs:
        size = "" if run["full"] else " (short form)"
        number = f"{run['number']}{run['part']}"
        found = {what: count for what, count in run["counts"].items() if count}
        rows.append(
            (number, run["title"] + size, STORES[run["store"]], _facts(run), _facts({"facts": found}) or "nothing")
        )
    yield from _table(("#", "fault", "store", "what was done", "found"), rows)


def _mutants(mutants: list[Result]) -> Iterator[str]:
    yield "## Teeth"
    yield ""
    yield "Each of these mistakes was put back into a copy of the service, and the run named had to notice it:"
    yield ""
    rows = [
        (
            run["mistake"],
            STORES[run["store"]],
            run["scenario"].replace("_", " "),
            _facts({"facts": run["noticed"]}) or "**it survived**",
        )
        for run in mutants
    ]
    yield from _table(("mistake", "store", "run", "what the ledger noticed"), rows)


def _model() -> Iterator[str]:
    yield "## Model"
    yield ""
    yield (
        "`tests/model/` lets hypothesis save, claim, acknowledge, expire, crash and redrive in any order, on both "
        "stores, and compares each step with a plain in-memory model: 10,000 steps and more with every `make test`."
    )
    yield ""


def _soaks(soaks: list[Result]) -> Iterator[str]:
    if not soaks:
        return
    yield "## Soak"
    yield ""
    yield "`make soak`: orders, reads and event streams at a steady pace; one replica lives through it, one is killed."
    yield ""
    for soak in soaks:
        yield f"{STORES[soak['store']]}, {soak['minutes']:g} minutes, {_facts(soak)}:"
        yield ""
        names = list(soak["quarters"][0])
        rows = [(number, *quarter.values()) for number, quarter in enumerate(soak["quarters"], 1)]
        yield from _table(("quarter", *(name.replace("_", " ") for name in names)), rows)


def _facts(run: Result) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in run["facts"].items())


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    head = list(head)
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(str, row))} |"
    yield ""


if __name__ == "__main__":
    sys.exit(0 if write_report() else 1)
