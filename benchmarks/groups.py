"""What can be measured, by name, and under which load to profile where a goal is missed."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks import profiled
from benchmarks.accept import (
    accept_from_stock_on_mongo,
    accept_from_stock_on_sqlite,
    accept_on_mongo,
    accept_on_sqlite,
)
from benchmarks.analytics import analytics_on_mongo, analytics_on_sqlite
from benchmarks.drain import drain, profile_drain
from benchmarks.end_to_end import end_to_end_on_mongo, end_to_end_on_sqlite
from benchmarks.importing import import_on_sqlite
from benchmarks.lab import Lab
from benchmarks.latency import RATE, latency_on_mongo, latency_on_sqlite
from benchmarks.profile import Profile
from benchmarks.reads import read_on_mongo, read_on_sqlite
from benchmarks.rows import Row
from benchmarks.size import size
from benchmarks.startup import startup


@dataclass(frozen=True, slots=True)
class Group:
    measure: Callable[[Lab], list[Row]]
    profile: Callable[[Lab], Profile] | None = None


GROUPS = {
    "accept-sqlite": Group(accept_on_sqlite, profiled.orders(Lab.sqlite)),
    "accept-stock-sqlite": Group(accept_from_stock_on_sqlite),
    "end-to-end-sqlite": Group(end_to_end_on_sqlite, profiled.orders(Lab.sqlite)),
    "accept-mongo": Group(accept_on_mongo, profiled.orders(Lab.mongo)),
    "accept-stock-mongo": Group(accept_from_stock_on_mongo),
    "end-to-end-mongo": Group(end_to_end_on_mongo, profiled.orders(Lab.mongo)),
    "drain": Group(drain, profile_drain),
    "read-sqlite": Group(read_on_sqlite, profiled.reads(Lab.sqlite)),
    "read-mongo": Group(read_on_mongo, profiled.reads(Lab.mongo)),
    "latency-sqlite": Group(latency_on_sqlite, profiled.steady_orders(Lab.sqlite, RATE)),
    "latency-mongo": Group(latency_on_mongo, profiled.steady_orders(Lab.mongo, RATE)),
    "analytics-sqlite": Group(analytics_on_sqlite),
    "analytics-mongo": Group(analytics_on_mongo),
    "import-sqlite": Group(import_on_sqlite),
    "size": Group(size),
    "startup": Group(startup),
}
