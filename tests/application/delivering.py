"""A process that delivers, as tests run it: a real SQLite file, a dispatcher, a relay, and handlers that record."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from application.background import end
from application.clock import utc_now
from application.dispatch.courtesy import Courtesy
from application.dispatch.dispatcher import Dispatcher
from application.dispatch.handler import BatchEventHandler, EventHandler
from application.dispatch.outbox import Claim, DeadLetter, Outbox, Outcome, Settlement
from application.dispatch.relay import Relay
from application.dispatch.retry import RetryPolicy
from application.telemetry import NoTelemetry
from domain.errors import StoreUnavailable
from domain.events import DomainEvent
from domain.identity import new_order_id
from domain.order import Order
from domain.order_lifecycle import FulfilmentType
from domain.order_state import Customer, Fulfilment, OrderLine, StaffMember
from infrastructure.sqlite.clock import FileClock
from infrastructure.sqlite.store import SqliteStore

QUICK = RetryPolicy(base=0.05, cap=0.1, max_attempts=3)
COOK = StaffMember(id="luigi", name="Luigi")


@dataclass(slots=True)
class Process:
    store: SqliteStore
    dispatcher: Dispatcher
    relay: Relay
    outboxes: "dict[str, SlowLine]"

    @property
    def outbox(self) -> "SlowLine":
        return self.outboxes["order"]

    async def place(self) -> Order:
        now = utc_now()
        order = Order.place(
            new_order_id(now),
            customer=Customer(name="Anna", phone="0811234"),
            fulfilment=Fulfilment(type=FulfilmentType.PICKUP),
            items=[OrderLine(pizza="margherita", size="large", quantity=1, unit_price=1699)],
            currency="EUR",
            now=now,
        )
        await self.store.orders.add(order)
        return order

    async def confirm(self, order: Order) -> None:
        order.confirm(utc_now(), utc_now() + timedelta(minutes=12))
        await self.store.orders.save(order)

    async def cook(self, order: Order) -> None:
        order.start_cooking(utc_now(), COOK)
        await self.store.orders.save(order)

    async def mark_ready(self, order: Order) -> None:
        order.mark_ready(utc_now(), COOK)
        await self.store.orders.save(order)

    async def collect(self, order: Order) -> None:
        order.collect(utc_now())
        await self.store.orders.save(order)

    @property
    def claims(self) -> int:
        """How many aggregates it works on now."""
        return len(self.dispatcher._active)

    async def nothing_pending(self) -> bool:
        return self.dispatcher.idle and not await self.store.outboxes["order"].backlog()

    async def dead_letters(self) -> list[DeadLetter]:
        return await self.store.outboxes["order"].dead_letters(100)

    def dead_letters_are(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def so_many() -> bool:
            return len(await self.dead_letters()) == count

        return so_many

    async def die(self) -> None:
        """End without a word, as SIGKILL does: no hand-back, no acknowledgement."""
        await self.relay.stop()
        doomed = [*self.dispatcher._tasks, *(w for lane in self.dispatcher.lanes.values() for w in lane._workers)]
        await end(doomed)
        await self.store.close()


class SlowLine:
    """An outbox behind a slow line: an acknowledgement takes so many seconds to arrive there, a claim or the answer to
    what extends a lease to come back.
    Without `renews`, what would extend a lease never gets through."""

    def __init__(
        self, outbox: Outbox, settling_takes: float, claiming_takes: float, renewing_takes: float, *, renews: bool
    ) -> None:
        self.claimed = 0
        self.sent = 0
        self.settled = 0
        self._renews = renews
        self._outbox = outbox
        self._settling_takes = settling_takes
        self._claiming_takes = claiming_takes
        self._renewing_takes = renewing_takes

    async def settle(self, settlements: Sequence[Settlement]) -> list[Outcome]:
        self.sent += 1
        await asyncio.sleep(self._settling_takes)
        outcomes = await self._outbox.settle(settlements)
        self.settled += 1
        return outcomes

    async def claim_due(self, lane: str, limit: int) -> list[Claim]:
        claims = await self._outbox.claim_due(lane, limit)
        await asyncio.sleep(self._claiming_takes)
        self.claimed += len(claims)
        return claims

    async def renew(self, claims: Sequence[Claim]) -> list[Outcome]:
        if not self._renews:
            raise StoreUnavailable
        outcomes = await self._outbox.renew(claims)
        await asyncio.sleep(self._renewing_takes)
        return outcomes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outbox, name)


@asynccontextmanager
async def process(
    path: Path,
    handlers: Sequence[EventHandler[Any]],
    *,
    lease_seconds: float = 5.0,
    retry: RetryPolicy = QUICK,
    settling_takes: float = 0.0,
    claiming_takes: float = 0.0,
    renewing_takes: float = 0.0,
    renews: bool = True,
    clock: FileClock | None = None,
) -> AsyncIterator[Process]:
    store = SqliteStore(path, lease_seconds=lease_seconds, clock=clock)
    await store.open()
    outboxes: dict[str, Any] = {
        kind: SlowLine(outbox, settling_takes, claiming_takes, renewing_takes, renews=renews)
        for kind, outbox in store.outboxes.items()
    }
    dispatcher = Dispatcher(
        handlers,
        outboxes,
        retry=retry,
        lease_seconds=lease_seconds,
        telemetry=NoTelemetry(),
        courtesy=Courtesy(),
    )
    relay = Relay(dispatcher, outboxes, poll_seconds=0.02)
    store.attach(dispatcher)
    dispatcher.start()
    relay.start()
    try:
        yield Process(store, dispatcher, relay, outboxes)
    finally:
        await relay.stop()
        await dispatcher.stop(grace=0.5)
        await store.close()


class Recorder(EventHandler[DomainEvent]):
    """Remembers what it got, by aggregate; fails or waits as told."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = defaultdict(list)
        self.failing: dict[str, Exception] = {}
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle(self, event: DomainEvent) -> None:
        await self.gate.wait()
        if event.aggregate_id in self.failing:
            raise self.failing[event.aggregate_id]
        self.seen[event.aggregate_id].append(event.aggregate_version)

    def has_seen(self, aggregate_id: str, versions: list[int]) -> bool:
        return self.seen[aggregate_id] == versions


class Other(Recorder):
    """A second handler, to see that the first one does not concern it."""


class Unordered(Recorder):
    ordered = False


class Batches(BatchEventHandler[DomainEvent]):
    """Takes batches; refuses any batch with an event of a bad aggregate in it."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = defaultdict(list)
        self.sizes: list[int] = []
        self.bad: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle_batch(self, events: Sequence[DomainEvent]) -> None:
        await self.gate.wait()
        self.sizes.append(len(events))
        if any(event.aggregate_id in self.bad for event in events):
            raise ValueError("a bad one among them")
        for event in events:
            self.seen[event.aggregate_id].append(event.aggregate_version)
