"""The loads under which the service is profiled where a goal was missed, each like that of the row."""

from collections.abc import Callable

from benchmarks.lab import Lab
from benchmarks.load import Plan
from benchmarks.orders import gets, posts
from benchmarks.profile import Profile, recorded
from benchmarks.run_load import run_load
from benchmarks.service import KEY_HEADER, Service, SinkProcess

Store = Callable[[Lab], str]


def orders(store: Store, mode: str = "structured") -> Callable[[Lab], Profile]:
    """As many orders as it takes, delivered to a live sink."""

    def run(lab: Lab) -> Profile:
        return _under_orders(lab, store(lab), mode, rate=0.0)

    return run


def steady_orders(store: Store, rate: float) -> Callable[[Lab], Profile]:
    """Orders at a fixed rate a second."""

    def run(lab: Lab) -> Profile:
        return _under_orders(lab, store(lab), "structured", rate=rate)

    return run


def reads(store: Store) -> Callable[[Lab], Profile]:
    """As many reads of one order as it takes."""

    def run(lab: Lab) -> Profile:
        with Service(store(lab), lab.log, sink=None) as service:
            placed = run_load(Plan(port=service.port, requests=posts(), connections=8, total=100, keep=True))
            requests = gets([answer.order_id for answer in placed.kept], KEY_HEADER)
            with recorded(service.pid) as profile:
                run_load(Plan(port=service.port, requests=requests, connections=lab.connections, seconds=lab.seconds))
        return profile

    return run


def _under_orders(lab: Lab, store: str, mode: str, rate: float) -> Profile:
    sink = SinkProcess(lab.log)
    with sink, Service(store, lab.log, sink=sink.url, mode=mode) as service:
        connections = 200 if rate else lab.connections
        with recorded(service.pid) as profile:
            run_load(Plan(port=service.port, requests=posts(), connections=connections, seconds=lab.seconds, rate=rate))
            service.wait_until_idle()
    return profile
