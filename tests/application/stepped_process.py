"""A process whose system clock is set while it delivers; run by test_clock_steps.py, under a `ShiftedClock`.

Arguments: what to try, how far to set the clock, in seconds, and a folder. Ends with 0 where all went well.
"""

import asyncio
import sys
from pathlib import Path

from application.clock import utc_now
from application.dispatch.relay import Relay
from application.dispatch.retry import RetryPolicy
from domain.events import DomainEvent
from tests.application.delivering import Other, Process, Recorder, process
from tests.faults.clocks import ShiftedClock
from tests.waiting import eventually

SOON = 5.0
PATIENT = RetryPolicy(base=2.0, cap=2.0, max_attempts=10)


async def handlers_that_run(folder: Path, seconds: int) -> None:
    """Nobody takes the work away from a handler that has it, this process itself least of all."""
    busy = Recorder()
    busy.gate.clear()
    async with process(folder / "p.db", [busy], lease_seconds=SOON) as running:
        order = await running.place()
        await eventually(lambda: running.claims == 1)
        set_clock(folder, seconds)
        claimed = [await running.relay.sweep() for _ in range(20)]
        busy.gate.set()
        await eventually(running.nothing_pending)
    assert sum(claimed) == 0
    assert busy.seen == {order.id: [1]}


async def retries_that_wait(folder: Path, seconds: int) -> None:
    """A retry comes when it was to come."""
    failing = Failing()
    async with process(folder / "p.db", [failing], retry=PATIENT) as running:
        order = await place_and_fail(running, failing)
        await eventually(lambda: running.dispatcher.idle)
        set_clock(folder, seconds)
        failing.works = True
        await eventually(running.nothing_pending, SOON)
    assert failing.seen == {order: [1]}


async def failures_that_are_not_written_yet(folder: Path, seconds: int) -> None:
    """A failure that waits for another handler before it is written down still has its retry in time."""
    failing, busy = Failing(), Other()
    busy.gate.clear()
    async with process(folder / "p.db", [failing, busy], retry=PATIENT) as running:
        order = await place_and_fail(running, failing)
        set_clock(folder, seconds)
        failing.works = True
        busy.gate.set()
        await eventually(running.nothing_pending, SOON)
    assert failing.seen == {order: [1]}


async def ages(folder: Path, seconds: int) -> None:
    """How long something has waited is no matter of the hour."""
    failing = Failing()
    async with process(folder / "p.db", [failing], retry=PATIENT) as running:
        await place_and_fail(running, failing)
        await eventually(lambda: running.dispatcher.idle)
        set_clock(folder, seconds)
        await asyncio.sleep(0.5)
        assert 0.5 <= await age(running.relay) < SOON


class Failing(Recorder):
    """Fails until it is told to work."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.works = False

    async def handle(self, event: DomainEvent) -> None:
        if not self.works:
            self.failures += 1
            raise ValueError("not yet")
        await super().handle(event)


async def place_and_fail(running: Process, handler: Failing) -> str:
    order = await running.place()
    await eventually(lambda: handler.failures == 1)
    return order.id


async def age(relay: Relay) -> float:
    await relay.measure()
    return relay.backlog.oldest_age(utc_now())


def set_clock(folder: Path, seconds: int) -> None:
    before = utc_now()
    ShiftedClock(folder, seconds)
    assert abs((utc_now() - before).total_seconds() - seconds) < SOON, "the clock did not move"


TRIALS = (handlers_that_run, retries_that_wait, failures_that_are_not_written_yet, ages)

if __name__ == "__main__":
    _, name, off, place = sys.argv
    (trial,) = (trial for trial in TRIALS if trial.__name__ == name)
    asyncio.run(trial(Path(place), int(off)))
