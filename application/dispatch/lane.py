"""A lane per handler: its queue, its workers, its breaker. A slow handler fills its own lane and no other."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from application.background import end, run_forever
from application.dispatch.active import Job
from application.dispatch.breaker import LONGEST_PAUSE, Breaker, BreakerState
from application.dispatch.courtesy import Courtesy
from application.dispatch.handler import EventHandler, handled_types
from application.dispatch.retry import BatchFailed, Unavailable
from application.dispatch.track_record import TrackRecord
from application.telemetry import Telemetry
from domain.actor import act_as
from domain.events import DomainEvent

#: How many aggregates may queue for one handler; the others wait in the store.
LONGEST_QUEUE = 8_000
#: And how many at least, where leases end before their turn comes.
SHORTEST_QUEUE = 16
#: A job is not started when less than this is left of its lease, in seconds.
LEASE_MARGIN = 0.5

log = structlog.get_logger(__name__)

#: Told of each job that ended: which events failed (by id; none: all is done), or None where the job was not run.
Finished = Callable[[Job, dict[str, Exception] | None], None]


class Lane:
    """Runs one handler."""

    def __init__(
        self,
        handler: EventHandler[Any],
        finished: Finished,
        reopened: Callable[[], None],
        telemetry: Telemetry,
        courtesy: Courtesy,
    ) -> None:
        self.handler = handler
        self._types = handled_types(type(handler))
        self._finished = finished
        self._reopened = reopened
        self._telemetry = telemetry
        self._courtesy = courtesy
        self._queue: asyncio.Queue[Job] = asyncio.Queue()
        self._longest_queue = LONGEST_QUEUE
        self._running = 0
        self._breaker = Breaker()
        self.record = TrackRecord()
        self._workers: list[asyncio.Task[None]] = []

    def takes(self, event_type: type[DomainEvent]) -> bool:
        """Whether its handler reacts to events of this class."""
        return issubclass(event_type, self._types) and self.handler.wants(event_type)

    @property
    def room(self) -> int:
        """How many more jobs it takes: one, to try, when its breaker is half open, and another when that one hangs."""
        match self._breaker.state:
            case BreakerState.OPEN:
                return 0
            case BreakerState.HALF_OPEN:
                tried = self._running and time.monotonic() - self.record.last_call < LONGEST_PAUSE
                return 0 if tried or self._queue.qsize() else 1
        return max(0, self._longest_queue - self._queue.qsize())

    @property
    def breaker(self) -> BreakerState:
        return self._breaker.state

    @property
    def idle(self) -> bool:
        return not self._running and self._queue.empty()

    def put(self, job: Job) -> None:
        self._queue.put_nowait(job)

    def start(self) -> None:
        self._workers = [
            run_forever(f"{self.handler.name}-{number}", self._work) for number in range(self.handler.workers)
        ]

    async def stop(self) -> None:
        """End the workers. What was queued or running is finished as not run."""
        await end(self._workers)
        self._empty_queue()

    async def _work(self) -> None:
        act_as(f"handler:{self.handler.name}")
        while True:
            await self._courtesy.let_requests_go_first(gathers=self.handler.batch_size > 1)
            jobs = [await self._queue.get()]
            while len(jobs) < self.handler.batch_size and not self._queue.empty():
                jobs.append(self._queue.get_nowait())
            self._running += 1
            try:
                await self._run(jobs)
            finally:
                self._running -= 1

    async def _run(self, jobs: list[Job]) -> None:
        current = [job for job in jobs if self._still_ours(job)]
        started = time.perf_counter()
        try:
            if current:
                await self._deliver(current)
        except BatchFailed as failed:
            self._end(current, failed.failures, started)
        except Unavailable as failure:
            self._end(current, _all_failed(current, failure), started)
        except asyncio.CancelledError:
            for job in current:
                self._finished(job, None)
            raise
        except Exception as failure:  # the relay's edge: whatever a handler raises is the relay's to deal with
            if len(current) > 1 and not isinstance(failure, TimeoutError):
                await self._run_each(current)
            else:
                self._end(current, _all_failed(current, failure), started)
        else:
            self._end(current, {}, started)

    async def _deliver(self, jobs: list[Job]) -> None:
        call = self.record.began()
        try:
            await self.handler.deliver([event for job in jobs for event in job.events])
        finally:
            self.record.ended(call)

    async def _run_each(self, jobs: list[Job]) -> None:
        """One of the batch is bad: find it, and let the others through."""
        remaining = list(jobs)
        try:
            while remaining:
                await self._run([remaining.pop(0)])
        except asyncio.CancelledError:
            for job in remaining:
                self._finished(job, None)
            raise

    def _still_ours(self, job: Job) -> bool:
        """A worker that was paused past its lease must not start: somebody else has the events now."""
        active = job.active
        if not active.lost and active.claim.expires - time.monotonic() < LEASE_MARGIN:
            active.lost = True
            self._telemetry.lease_lost()
        if active.lost:
            # More was taken than is done within a lease: half of it from now on, and more again as it is done.
            self._longest_queue = max(SHORTEST_QUEUE, self._longest_queue // 2)
            self._finished(job, None)
            return False
        return True

    def _end(self, jobs: Sequence[Job], failures: dict[str, Exception], started: float) -> None:
        self._note_health(failures, any(event.event_id not in failures for job in jobs for event in job.events))
        events = sum(len(job.events) for job in jobs)
        self._longest_queue = min(LONGEST_QUEUE, self._longest_queue + len(jobs))
        if events:
            self._telemetry.handled(self.handler.name, events - len(failures), time.perf_counter() - started)
        for job in jobs:
            self._finished(job, failures)

    def _note_health(self, failures: dict[str, Exception], any_done: bool) -> None:
        if any_done:
            self.record.succeeded()
        elif failures:
            self.record.failed(next(iter(failures.values())))
        transient = next((f for f in failures.values() if isinstance(f, Unavailable | TimeoutError)), None)
        if transient is None or any_done:
            answered = any_done or bool(failures)
            if answered and self._breaker.succeeded():
                log.info("handler_recovered", handler=self.handler.name)
                self._reopened()
            return
        was = self._breaker.state
        self._breaker.failed(getattr(transient, "retry_after", None))
        if self._breaker.state is BreakerState.OPEN:
            if was is BreakerState.CLOSED:
                log.warning("handler_paused", handler=self.handler.name, reason=str(transient) or "timed out")
            self._empty_queue()

    def _empty_queue(self) -> None:
        while not self._queue.empty():
            self._finished(self._queue.get_nowait(), None)


def _all_failed(jobs: Sequence[Job], failure: Exception) -> dict[str, Exception]:
    return {event.event_id: failure for job in jobs for event in job.events}
