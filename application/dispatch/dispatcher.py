"""Hands claimed events to the lanes of their handlers, and acknowledges each claim when its handlers are done."""

import asyncio
import contextlib
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog

from application.background import end, run_forever
from application.dispatch.active import ActiveClaim, Job
from application.dispatch.courtesy import Courtesy
from application.dispatch.failures import Failures
from application.dispatch.handler import EventHandler
from application.dispatch.lane import Lane
from application.dispatch.outbox import FRESH_LANE, LANE_SEPARATOR, Claim, Outbox, Outcome, Settlement
from application.dispatch.retry import RetryPolicy
from application.telemetry import Telemetry
from domain.errors import StoreUnavailable
from domain.events import DomainEvent

#: How many aggregates this process works on at once; the others wait in the store.
MOST_CLAIMS = 10_000
SETTLE_BATCH = 500
#: How long a stop goes on acknowledging what was done of the unfinished before it hands that back as it is, in seconds.
HAND_BACK_SECONDS = 3.0

log = structlog.get_logger(__name__)


class Dispatcher:
    """Runs handlers in the background. `submit` is the only way in, for repositories and the relay alike."""

    def __init__(
        self,
        handlers: Sequence[EventHandler[Any]],
        outboxes: Mapping[str, Outbox],
        *,
        retry: RetryPolicy,
        lease_seconds: float,
        telemetry: Telemetry,
        courtesy: Courtesy,
    ) -> None:
        self._outboxes = outboxes
        self._failures = Failures(retry, telemetry)
        self._lease_seconds = lease_seconds
        self._telemetry = telemetry
        self.wake_relay = asyncio.Event()
        self.lanes = {
            handler.name: Lane(handler, self._job_finished, self.wake_relay.set, telemetry, courtesy)
            for handler in handlers
        }
        self._handlers_by_event: dict[type[DomainEvent], list[EventHandler[Any]]] = {}
        self._active: dict[tuple[str, str], ActiveClaim] = {}
        self._to_settle: list[ActiveClaim] = []
        self._settle_wanted = asyncio.Event()
        self._renew_wanted = asyncio.Event()
        self._renew_now: set[tuple[str, str]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._accepting = True
        #: Lanes that this process has written to, for the relay, with the monotonic moment.
        self.lanes_written: dict[str, float] = {}

    # What repositories and the relay call

    def room(self, lane: str) -> int:
        """How many more claims of a lane fit now."""
        if not self._accepting:
            return 0
        free = MOST_CLAIMS - len(self._active)
        if lane == FRESH_LANE:
            return max(0, free)
        known = [self.lanes[name].room for name in lane.split(LANE_SEPARATOR) if name in self.lanes]
        return max(0, min(free, max(known, default=0)))

    def submit(self, claim: Claim) -> None:
        """Deliver what the claim holds."""
        earlier = self._active.get(claim.key)
        if earlier is not None:
            earlier.lost = True  # the store gave the lease anew, so the earlier claim has ended
        active = ActiveClaim(claim)
        self._active[claim.key] = active
        self._take_in(active)

    def notify(self, kind: str, aggregate_id: str) -> None:
        """New events were saved while the lease was held: if it is held here, fetch them now."""
        if (kind, aggregate_id) in self._active:
            self._renew_now.add((kind, aggregate_id))
            self._renew_wanted.set()

    @property
    def idle(self) -> bool:
        return not self._active

    # Life

    def start(self) -> None:
        for lane in self.lanes.values():
            lane.start()
        self._tasks = [run_forever("settle", self._settle_forever), run_forever("renew", self._renew_forever)]

    async def stop(self, grace: float) -> None:
        """Let running handlers finish for `grace` seconds, then hand everything unfinished back to the store."""
        self._accepting = False
        await self._until_idle(grace)
        await asyncio.gather(*(lane.stop() for lane in self.lanes.values()))
        await self._until_idle(HAND_BACK_SECONDS)
        await end(self._tasks)
        if self._active:
            await self._release(list(self._active.values()))

    async def _until_idle(self, seconds: float) -> None:
        """Wait for the last claim to be acknowledged, for so long at most."""
        deadline = time.monotonic() + seconds
        while self._active and time.monotonic() < deadline:
            await asyncio.sleep(0.02)

    async def _release(self, actives: Sequence[ActiveClaim]) -> None:
        """The store is too slow for acknowledgements: hand back as it is what is left."""
        log.warning("released", claims=len(actives), resolution="what was done of them will be done again")
        for kind, group in self._by_kind(actives).items():
            try:
                await self._outboxes[kind].release([active.claim for active in group])
            except StoreUnavailable:
                log.warning("not_handed_back", claims=len(group), resolution="their leases expire by themselves")

    @staticmethod
    def _by_kind(actives: Iterable[ActiveClaim]) -> dict[str, list[ActiveClaim]]:
        by_kind: dict[str, list[ActiveClaim]] = {}
        for active in actives:
            by_kind.setdefault(active.claim.kind, []).append(active)
        return by_kind

    # Work

    def handlers_of(self, event: DomainEvent) -> list[EventHandler[Any]]:
        handlers = self._handlers_by_event.get(type(event))
        if handlers is None:
            handlers = [lane.handler for lane in self.lanes.values() if lane.takes(type(event))]
            self._handlers_by_event[type(event)] = handlers
        return handlers

    def _take_in(self, active: ActiveClaim) -> None:
        active.take_in(self.handlers_of)
        names = {name for todo in active.todo for name in todo}
        for name in names - active.busy:
            self._advance(active, name)
        self._settle_if_idle(active)

    def _advance(self, active: ActiveClaim, name: str) -> None:
        lane = self.lanes.get(name)
        if lane is None or not self._accepting or active.lost:
            return
        job = active.next_job(lane.handler)
        if job is None:
            return
        if lane.room:
            active.busy.add(name)
            lane.put(job)
        else:
            self._telemetry.deferred(name)

    def _job_finished(self, job: Job, failures: dict[str, Exception] | None) -> None:
        active, name = job.active, job.handler.name
        active.busy.discard(name)
        if failures is not None:
            self._note(job, failures)
            if any(name in todo for todo in active.todo):
                self._advance(active, name)
        self._settle_if_idle(active)

    def _note(self, job: Job, failures: dict[str, Exception]) -> None:
        """Write the job's outcome into the claim; behind a failure, an ordered handler's events stay untouched."""
        name = job.handler.name
        if not failures:
            for index in job.indexes:
                del job.active.todo[index][name]
            return
        stopped = False
        for index, event in zip(job.indexes, job.events, strict=True):
            failure = failures.get(event.event_id)
            todo = job.active.todo[index]
            if failure is None:
                del todo[name]
            elif not stopped:
                breaker = self.lanes[name].breaker
                todo[name] = self._failures.judge(name, event, todo[name], failure, breaker)
                stopped = job.handler.ordered

    # Acknowledgements

    def _settle_if_idle(self, active: ActiveClaim) -> None:
        if not active.busy and not active.settling:
            active.settling = True
            self._to_settle.append(active)
            self._settle_wanted.set()

    async def _settle_forever(self) -> None:
        while True:
            await self._settle_wanted.wait()
            self._settle_wanted.clear()
            while self._to_settle:
                batch, self._to_settle = self._to_settle[:SETTLE_BATCH], self._to_settle[SETTLE_BATCH:]
                await self._settle(batch)

    async def _settle(self, batch: list[ActiveClaim]) -> None:
        for kind, group in self._by_kind(batch).items():
            actives = self._idle_ones(group)  # not before: while another kind is settled, these may get new events
            if not actives:
                continue
            settlements = [active.settlement(self.is_ordered) for active in actives]
            try:
                outcomes = await self._outboxes[kind].settle(settlements)
            except StoreUnavailable:
                await asyncio.sleep(0.2)
                self._retry_settling(actives)
                continue
            for active, settlement, outcome in zip(actives, settlements, outcomes, strict=True):
                self._settled(active, settlement, outcome)

    def _idle_ones(self, actives: Sequence[ActiveClaim]) -> list[ActiveClaim]:
        idle = []
        for active in actives:
            if active.lost:
                self._drop(active)
            elif active.busy:
                active.settling = False  # a renewal brought new events while it waited here
            else:
                idle.append(active)
        return idle

    def _settled(self, active: ActiveClaim, settlement: Settlement, outcome: Outcome) -> None:
        if outcome is Outcome.GREW:
            active.settling = False
            self._take_in(active)
            return
        if outcome is Outcome.LOST:
            self._lost(active)
        elif settlement.next_attempt_at is not None:
            self.lanes_written[settlement.lane] = time.monotonic()
        self._drop(active)

    def _retry_settling(self, actives: list[ActiveClaim]) -> None:
        """The store is away: try again while the leases last; after that the relay finds the events anew."""
        for active in actives:
            if active.claim.expires > time.monotonic():
                active.settling = False
                self._settle_if_idle(active)
            else:
                self._drop(active)

    def is_ordered(self, name: str) -> bool:
        lane = self.lanes.get(name)
        return lane is None or lane.handler.ordered

    def _lost(self, active: ActiveClaim) -> None:
        active.lost = True
        self._telemetry.lease_lost()
        log.warning("lease_lost", aggregate=active.claim.aggregate_id)

    def _drop(self, active: ActiveClaim) -> None:
        if self._active.get(active.claim.key) is active:
            del self._active[active.claim.key]

    # Leases

    async def _renew_forever(self) -> None:
        interval = self._lease_seconds / 5
        next_round = time.monotonic() + interval
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, next_round - time.monotonic())):
                    await self._renew_wanted.wait()
            if time.monotonic() >= next_round:  # however many ask to be looked at before
                next_round = time.monotonic() + interval
                self._renew_now.update(self._active)
            self._renew_wanted.clear()
            wanted, self._renew_now = self._renew_now, set()
            await self._renew([self._active[key] for key in wanted if key in self._active])

    async def _renew(self, actives: list[ActiveClaim]) -> None:
        for kind, group in self._by_kind(filter(self._needs_renewal, actives)).items():
            try:
                outcomes = await self._outboxes[kind].renew([active.claim for active in group])
            except StoreUnavailable:
                continue
            for active, outcome in zip(group, outcomes, strict=True):
                if outcome is Outcome.GREW:
                    self._take_in(active)
                elif outcome is Outcome.LOST and not active.settling and self._active.get(active.claim.key) is active:
                    self._lost(active)  # of one that was being settled meanwhile, the settlement tells

    def _needs_renewal(self, active: ActiveClaim) -> bool:
        """One that is only to be settled needs none as a rule. But an aggregate that changes all the time may grow
        before each settlement, for longer than a lease lasts."""
        ends_soon = active.claim.expires - time.monotonic() < self._lease_seconds / 2
        return not active.lost and (bool(active.busy) or ends_soon)
