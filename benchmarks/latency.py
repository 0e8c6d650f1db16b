"""How long after its commit an order's event is at the sink, at 200 orders a second.

The commit itself shows from outside only as an interval: it lies between the event's `time`, set before the write, and
the answer to the client, sent after it. Both are measured; the goal is held against the longer one, from `time`.
"""

from datetime import datetime

from benchmarks.lab import Lab, median
from benchmarks.load import Answer, Plan, percentile
from benchmarks.orders import posts
from benchmarks.rows import Row
from benchmarks.run_load import run_load
from benchmarks.service import Service, SinkProcess
from benchmarks.sink import Arrival

RATE = 200.0


def latency_on_sqlite(lab: Lab) -> list[Row]:
    return _latency(lab, "SQLite", lab.sqlite(), 3.0, 20.0)


def latency_on_mongo(lab: Lab) -> list[Row]:
    return _latency(lab, "MongoDB", lab.mongo(), 15.0, 60.0)


def _latency(lab: Lab, store_name: str, store: str, p50_goal: float, p99_goal: float) -> list[Row]:
    sink = SinkProcess(lab.log)
    with sink, Service(store, lab.log, sink=sink.url) as service:
        runs = [_run(lab, service, sink) for _ in range(lab.pick(4, 2))][1:]  # the first warms up
    return [
        _row(store_name, "p50", p50_goal, runs, 0.50),
        _row(store_name, "p99", p99_goal, runs, 0.99),
    ]


def _run(lab: Lab, service: Service, sink: SinkProcess) -> tuple[list[float], list[float]]:
    """Milliseconds from the events' `time`, and from the answers, to the arrivals, each sorted."""
    sink.reset()
    sink.keep()
    seconds = lab.pick(5, 1)
    load = run_load(Plan(port=service.port, requests=posts(), connections=200, seconds=seconds, rate=RATE, keep=True))
    sink.wait_for(len(load.kept))
    service.wait_until_idle()
    return _delays(load.kept, sink.arrivals())


def _delays(answers: list[Answer], arrivals: list[Arrival]) -> tuple[list[float], list[float]]:
    answered = {answer.order_id: answer.answered for answer in answers}
    since_raised = sorted((a.arrived - datetime.fromisoformat(a.time).timestamp()) * 1e3 for a in arrivals)
    since_answered = sorted((a.arrived - answered[a.subject]) * 1e3 for a in arrivals if a.subject in answered)
    return since_raised, since_answered


def _row(store_name: str, name: str, goal: float, runs: list[tuple[list[float], list[float]]], share: float) -> Row:
    raised = [percentile(delays, share) for delays, _ in runs]
    answered = [percentile(delays, share) for _, delays in runs]
    return Row(
        what=f"commit to sink at 200 orders/s on {store_name}, {name}",
        goal=f"{goal:g} ms",
        measured=f"{median(raised):.1f} ms ({min(raised):.1f}..{max(raised):.1f}) from the event's time, "
        f"{median(answered):.1f} ms from the client's answer",
        missed=max(0.0, median(raised) / goal - 1),
    )
