"""Orders a second, from the first post until a live sink has every event and nothing is left to acknowledge."""

from benchmarks.accept import accept_for, warm_up
from benchmarks.lab import Lab
from benchmarks.load import Plan
from benchmarks.orders import posts
from benchmarks.processes import BenchmarkError
from benchmarks.rows import Row, share_row
from benchmarks.run_load import run_load
from benchmarks.service import Bare, Service, SinkProcess

#: A round places as many orders as the bare app takes in this many of its rounds' seconds.
SHARE_OF_A_ROUND = 0.4


def end_to_end_on_sqlite(lab: Lab) -> list[Row]:
    return [
        _end_to_end(lab, "end to end on SQLite, events one by one", lab.sqlite(), "structured", 0.3),
        _end_to_end(lab, "end to end on SQLite, events in batches", lab.sqlite(), "batched", 0.4),
    ]


def end_to_end_on_mongo(lab: Lab) -> list[Row]:
    return [
        _end_to_end(lab, "end to end on MongoDB, events one by one", lab.mongo(), "structured", 0.25),
        _end_to_end(lab, "end to end on MongoDB, events in batches", lab.mongo(), "batched", 0.25),
    ]


def _end_to_end(lab: Lab, what: str, store: str, mode: str, goal: float) -> Row:
    ours: list[float] = []
    bares: list[float] = []
    sink, bare = SinkProcess(lab.log), Bare(lab.log)
    with sink, bare, Service(store, lab.log, sink=sink.url, mode=mode) as service:
        warm_up(lab, bare.port, service)
        for _ in range(lab.rounds):
            bares.append(accept_for(lab, bare.port).rate)
            orders = int(bares[-1] * lab.seconds * SHARE_OF_A_ROUND)
            ours.append(deliver(lab, service, sink, orders))
    return share_row(what, goal, ours, bares)


def deliver(lab: Lab, service: Service, sink: SinkProcess, orders: int) -> float:
    """Place that many orders; the rate at which they were placed, delivered and acknowledged."""
    sink.reset()
    placed = run_load(Plan(port=service.port, requests=posts(), connections=lab.connections, total=orders))
    arrived = sink.wait_for(orders)
    seen_idle = service.wait_until_idle()
    if arrived.repeats:
        raise BenchmarkError(f"{arrived.repeats} events came twice, with no failure to excuse it")
    return orders / (max(arrived.last, seen_idle) - placed.started)
