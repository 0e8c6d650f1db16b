"""How fast waiting events leave once the sink is back: 100,000 of them, on SQLite."""

import shutil
from pathlib import Path
from typing import NamedTuple

from benchmarks.fill import multiply_last_order
from benchmarks.lab import Lab
from benchmarks.load import Plan
from benchmarks.orders import posts
from benchmarks.profile import Profile, recorded
from benchmarks.rows import Row, at_least
from benchmarks.run_load import run_load
from benchmarks.service import Service, SinkProcess

#: Orders that are placed for real while the sink is away: enough for the last of them to wait untried.
PLACED = 100


class Way(NamedTuple):
    """How events go out, in the service's word and in ours, and how many a second are wanted."""

    mode: str
    how: str
    goal: float


def drain(lab: Lab) -> list[Row]:
    """Both ways start from a copy of the same file: orders placed while the sink was away, the last one multiplied."""
    events = lab.pick(100_000, 1_000)
    with SinkProcess(lab.log) as sink:
        full = _waiting(lab, sink, events)
        return [
            _drain(lab, sink, full, events, Way("structured", "one by one", 4_000)),
            _drain(lab, sink, full, events, Way("batched", "in batches", 12_000)),
        ]


def profile_drain(lab: Lab) -> Profile:
    """Where the time goes while waiting events leave in batches."""
    events = lab.pick(100_000, 1_000)
    with SinkProcess(lab.log) as sink:
        path = _waiting(lab, sink, events)
        with (
            Service(f"sqlite:///{path}", lab.log, sink=sink.url, mode="batched") as service,
            recorded(service.pid) as profile,
        ):
            sink.open()
            sink.wait_for(events)
            service.wait_until_idle()
    return profile


def _waiting(lab: Lab, sink: SinkProcess, events: int) -> Path:
    """A store with that many events that wait for the sink, which is left closed."""
    path = lab.sqlite_path()
    sink.close()
    with Service(f"sqlite:///{path}", lab.log, sink=sink.url) as service:
        run_load(Plan(port=service.port, requests=posts(), connections=1, total=PLACED))
    multiply_last_order(path, events - PLACED)
    return path


def _drain(lab: Lab, sink: SinkProcess, full: Path, events: int, way: Way) -> Row:
    """The rate from the first event that arrives to the moment when nothing is pending."""
    path = lab.sqlite_path()
    shutil.copy(full, path)
    sink.reset()
    with Service(f"sqlite:///{path}", lab.log, sink=sink.url, mode=way.mode) as service:
        sink.open()
        arrived = sink.wait_for(events)
        idle = service.wait_until_idle()
        sink.close()
    rate = events / (max(arrived.last, idle) - arrived.first)
    return at_least(
        f"drain {events:,} waiting events on SQLite, {way.how}", way.goal, [rate], f"; {arrived.repeats} came twice"
    )
