"""Sweeps the store for events that nobody delivers: after a crash, when a retry is due, when a handler is back."""

import asyncio
import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from application.background import end, run_forever
from application.dispatch.dispatcher import Dispatcher
from application.dispatch.outbox import FRESH_LANE, LaneBacklog, Outbox
from domain.errors import StoreUnavailable

POLL_SECONDS = 0.25
CLAIM_BATCH = 500
BACKLOG_SECONDS = 2.0
#: A lane that was written to is swept for this long before the store is trusted that it is empty, in seconds.
REMEMBER_SECONDS = 10.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, as it was last measured. `measured_at` is monotonic, in seconds; 0 means never."""

    lanes: tuple[LaneBacklog, ...] = ()
    dead_letters: int = 0
    measured_at: float = 0.0

    @property
    def documents(self) -> int:
        return sum(lane.documents for lane in self.lanes)

    def oldest_age(self, now: datetime) -> float:
        """Seconds since the oldest waiting event was saved; 0 where none waits."""
        return max((max(0.0, (now - lane.oldest).total_seconds()) for lane in self.lanes), default=0.0)


@dataclass(slots=True)
class Relay:
    """One per process; several on one store share the work through leases."""

    dispatcher: Dispatcher
    outboxes: Mapping[str, Outbox]
    poll_seconds: float = POLL_SECONDS
    backlog: Backlog = field(default_factory=Backlog)
    store_error: str | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self._tasks = [
            run_forever("relay", self._sweep_forever),
            run_forever("backlog", self._measure_forever),
        ]

    async def stop(self) -> None:
        await end(self._tasks)

    async def sweep(self) -> int:
        """Claim what is due in every lane that has room; returns how many claims that made."""
        claimed = 0
        for outbox in self.outboxes.values():
            for lane in self._lanes():
                limit = min(self.dispatcher.room(lane), CLAIM_BATCH)
                if limit:
                    claims = await outbox.claim_due(lane, limit)
                    for claim in claims:
                        self.dispatcher.submit(claim)
                    claimed += len(claims)
        return claimed

    async def measure(self) -> None:
        """Take the backlog's measure, for health, metrics, and the choice of lanes to sweep."""
        lanes: list[LaneBacklog] = []
        dead_letters = 0
        for outbox in self.outboxes.values():
            lanes += await outbox.backlog()
            dead_letters += await outbox.count_dead_letters()
        self.backlog = Backlog(tuple(lanes), dead_letters, time.monotonic())

    def _lanes(self) -> set[str]:
        written = self.dispatcher.lanes_written
        horizon = time.monotonic() - REMEMBER_SECONDS
        for lane in [lane for lane, moment in written.items() if moment < horizon]:
            del written[lane]
        return {FRESH_LANE, *written, *(lane.lane for lane in self.backlog.lanes)}

    async def _sweep_forever(self) -> None:
        while True:
            try:
                claimed = await self.sweep()
            except StoreUnavailable:
                claimed = 0
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.poll_seconds):
                        await self.dispatcher.wake_relay.wait()
                self.dispatcher.wake_relay.clear()

    async def _measure_forever(self) -> None:
        while True:
            try:
                await self.measure()
                if self.store_error:
                    log.info("store_recovered")
                self.store_error = None
            except StoreUnavailable as failure:
                if not self.store_error:
                    log.error("store_unavailable", error=str(failure.__cause__ or failure))
                self.store_error = str(failure)
            await asyncio.sleep(BACKLOG_SECONDS)
