"""How many orders a second are accepted durably, handlers and sink on, beside a bare FastAPI app."""

from collections.abc import Callable

from benchmarks.lab import Lab
from benchmarks.larder import fill_larder
from benchmarks.load import LoadResult, Plan
from benchmarks.orders import posts
from benchmarks.rows import Row, share_row
from benchmarks.run_load import run_load
from benchmarks.service import Bare, Service, SinkProcess


def accept_on_sqlite(lab: Lab) -> list[Row]:
    return [_accept(lab, "accept an order durably on SQLite", lab.sqlite(), 0.65)]


def accept_on_mongo(lab: Lab) -> list[Row]:
    return [_accept(lab, "accept an order durably on MongoDB", lab.mongo(), 0.5)]


def accept_from_stock_on_sqlite(lab: Lab) -> list[Row]:
    return [_accept(lab, "the same, each order reserving five ingredients, on SQLite", lab.sqlite(), 0.5, fill_larder)]


def accept_from_stock_on_mongo(lab: Lab) -> list[Row]:
    return [_accept(lab, "the same, each order reserving five ingredients, on MongoDB", lab.mongo(), 0.35, fill_larder)]


def _accept(lab: Lab, what: str, store: str, goal: float, prepare: Callable[[Service], None] | None = None) -> Row:
    """The orders of a round are delivered before the next round begins, so that none pays for another's."""
    sink, bare = SinkProcess(lab.log), Bare(lab.log)
    with sink, bare, Service(store, lab.log, sink=sink.url) as service:
        if prepare:
            prepare(service)
        warm_up(lab, bare.port, service)
        rounds = [(accept_for(lab, bare.port), _accept_and_deliver(lab, service)) for _ in range(lab.rounds)]
    latency = max((ours.p99 for _, ours in rounds), default=0.0)
    return share_row(
        what, goal, [ours.rate for _, ours in rounds], [bare.rate for bare, _ in rounds], f"; p99 {latency:.0f} ms"
    )


def _accept_and_deliver(lab: Lab, service: Service) -> LoadResult:
    result = accept_for(lab, service.port)
    service.wait_until_idle()
    return result


def accept_for(lab: Lab, port: int) -> LoadResult:
    """A closed loop of orders for the length of a round."""
    plan = Plan(port=port, requests=posts(), connections=lab.connections, seconds=lab.seconds, warmup=lab.seconds / 10)
    return run_load(plan)


def warm_up(lab: Lab, bare_port: int, service: Service) -> None:
    """What happens once (imports, caches, connections) happens before anything is measured."""
    for port in (bare_port, service.port):
        run_load(Plan(port=port, requests=posts(), connections=lab.connections, total=lab.pick(2_000, 200)))
    service.wait_until_idle()
