"""Sweeps the store for events that nobody delivers: after a crash, when a retry is due, when a handler is back."""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from application.background import end, run_forever
from application.dispatch.dispatcher import Dispatcher
from application.dispatch.outbox import FRESH_LANE, LANE_SEPARATOR, LaneBacklog, Outbox
from domain.errors import StoreUnavailable

POLL_SECONDS = 0.25
#: A kind of aggregate of which nothing waits is looked at no more often than this, in seconds: most kinds are quiet
#: most of the time, and each look asks the store.
QUIET_SECONDS = 1.0
CLAIM_BATCH = 500
BACKLOG_SECONDS = 2.0
#: A lane that was written to is swept for this long before the store is trusted that it is empty, in seconds.
REMEMBER_SECONDS = 10.0
#: How long a stop waits for the store to answer a claim, in seconds.
LONGEST_CLAIM = 10.0


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits, as it was last measured. `measured_at` is monotonic, in seconds; 0 means never."""

    lanes: tuple[LaneBacklog, ...] = ()
    dead_letters: int = 0
    measured_at: float = 0.0

    @property
    def documents(self) -> int:
        return sum(lane.documents for lane in self.lanes)

    def by_handler(self) -> dict[str, int]:
        """How many documents wait for each handler to try again, or for room in its lane."""
        counts: dict[str, int] = {}
        for lane in self.lanes:
            for name in lane.lane.split(LANE_SEPARATOR) if lane.lane != FRESH_LANE else ():
                counts[name] = counts.get(name, 0) + lane.documents
        return counts

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
    _waiting: set[str] = field(default_factory=set)
    _looked_at: dict[str, float] = field(default_factory=dict)
    _claiming: asyncio.Lock = field(default_factory=asyncio.Lock)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self) -> None:
        self._tasks = [
            run_forever("relay", self._sweep_forever),
            run_forever("backlog", self._measure_forever),
        ]

    async def stop(self) -> None:
        """End, and never in the middle of a claim: between its write and its answer lie leases that nobody knows of."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_CLAIM), self._claiming:
                await end(self._tasks)
        await end(self._tasks)

    async def sweep(self) -> int:
        """Claim what is due in every lane that has room; returns how many claims that made."""
        return await self._sweep(self.outboxes)

    async def _sweep(self, kinds: Iterable[str]) -> int:
        claimed = 0
        for kind in kinds:
            self._looked_at[kind] = time.monotonic()
            for lane in self._lanes():
                limit = min(self.dispatcher.room(lane), CLAIM_BATCH)
                if limit:
                    claimed += await self._claim(self.outboxes[kind], lane, limit)
        return claimed

    def _is_quiet(self, kind: str) -> bool:
        may_wait = kind in self._waiting or bool(self.dispatcher.lanes_written)
        return not may_wait and time.monotonic() - self._looked_at.get(kind, 0.0) < QUIET_SECONDS

    async def _claim(self, outbox: Outbox, lane: str, limit: int) -> int:
        async with self._claiming:
            claims = await outbox.claim_due(lane, limit)
            for claim in claims:
                self.dispatcher.submit(claim)
        return len(claims)

    async def measure(self) -> None:
        """Take the backlog's measure, for health, metrics, and the choice of lanes to sweep."""
        lanes: list[LaneBacklog] = []
        dead_letters = 0
        for kind, outbox in self.outboxes.items():
            waiting = await outbox.backlog()
            self._waiting = self._waiting | {kind} if waiting else self._waiting - {kind}
            lanes += waiting
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
                claimed = await self._sweep([kind for kind in self.outboxes if not self._is_quiet(kind)])
            except StoreUnavailable:
                claimed = 0
            if not claimed:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.poll_seconds):
                        await self.dispatcher.wake_relay.wait()
                self.dispatcher.wake_relay.clear()

    async def _measure_forever(self) -> None:
        while True:
            with contextlib.suppress(StoreUnavailable):  # `StoreWatch` tells it
                await self.measure()
            await asyncio.sleep(BACKLOG_SECONDS)
