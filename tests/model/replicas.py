"""Replicas of the service on one store, moved step by step: what each has claimed, and what its handlers did."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from application.clock import utc_now
from application.commands.repair_delivery import (
    DeliveryRepairer,
    DiscardDeadLetterCommand,
    DiscardDeadLetterCommandHandler,
    RedriveDeadLetterCommand,
    RedriveDeadLetterCommandHandler,
)
from application.dispatch.active import ActiveClaim, Job
from application.dispatch.courtesy import Courtesy
from application.dispatch.dispatcher import Dispatcher
from application.dispatch.handler import EventHandler
from application.dispatch.outbox import Delivery, Outbox, PendingEvent
from application.dispatch.relay import Relay
from application.dispatch.retry import RetryPolicy
from application.store import Store
from application.telemetry import NoTelemetry
from domain.events import DomainEvent, OrderCancelledEvent, OrderPlacedEvent, OrderReadyEvent
from tests.contract.recording import RecordingDeliveries
from tests.model.model import About, Entry, Holding, Task, to_ms
from tests.model.shelf import Shelf
from tests.waiting import eventually

Deliver = Callable[[str, DomainEvent], None]


class Recording(EventHandler[DomainEvent]):
    def __init__(self, deliver: Deliver) -> None:
        self._deliver = deliver

    async def handle(self, event: DomainEvent) -> None:
        self._deliver(self.name, event)


class Printer(Recording, EventHandler[DomainEvent]):
    pass


class Mailer(Recording, EventHandler[OrderPlacedEvent | OrderReadyEvent | OrderCancelledEvent]):
    pass


class Counter(Recording, EventHandler[DomainEvent]):
    ordered = False


@dataclass(slots=True, eq=False)
class Held:
    """A claim at its replica, and the same in the model."""

    active: ActiveClaim
    model: Holding

    def check(self, start: int = 0) -> None:
        """Raises AssertionError where, from the `start`th event on, the store handed over other than the model says."""
        assert [pending_as_model(p) for p in self.active.claim.pending[start:]] == self.model.entries[start:]

    def note(self, job: Job, good: int, failure: Delivery | None) -> None:
        """Write down that the first `good` events of the job are done, and what became of the one after them."""
        name = job.handler.name
        for index, event in zip(job.indexes[:good], job.events[:good], strict=True):
            del self.active.todo[index][name]
            del self.model.tasks_of(event)[name]
        if failure and good < len(job.events):
            self.active.todo[job.indexes[good]][name] = failure
            self.model.tasks_of(job.events[good])[name] = task_of(failure)


@dataclass(slots=True, eq=False)
class Replica:
    store: Store
    lease_seconds: float
    dispatcher: Dispatcher
    deliveries: RecordingDeliveries = field(default_factory=RecordingDeliveries)
    held: list[Held] = field(default_factory=list)

    @property
    def outbox(self) -> Outbox:
        return self.store.outboxes["order"]

    def forget(self) -> None:
        """As after a crash."""
        self.held.clear()
        self.deliveries.claims.clear()
        self.deliveries.notified.clear()

    def take_in(self, held: Held) -> None:
        held.active.take_in(self.dispatcher.handlers_of)
        held.model.take_in()

    def newest(self) -> list[Held]:
        """The last claim on each order: a dispatcher knows no other."""
        return list({held.model.order.id: held for held in self.held}.values())

    async def redrive(self, letter: str) -> None:
        repairer = DeliveryRepairer(self.store.outboxes, self.dispatcher)
        await RedriveDeadLetterCommandHandler(repairer).handle(RedriveDeadLetterCommand(letter))

    async def discard(self, letter: str) -> None:
        repairer = DeliveryRepairer(self.store.outboxes, self.dispatcher)
        await DiscardDeadLetterCommandHandler(repairer).handle(DiscardDeadLetterCommand(letter))

    async def drain(self, deliver: Deliver) -> None:
        """Deliver whatever is due, until nothing waits, with a dispatcher that runs and a relay that sweeps."""
        dispatcher = a_dispatcher(self.store, self.lease_seconds, deliver)
        relay = Relay(dispatcher, self.store.outboxes)
        dispatcher.start()
        try:
            await relay.measure()
            while await relay.sweep():
                await eventually(lambda: dispatcher.idle)
                await relay.measure()
        finally:
            await dispatcher.stop(grace=0.0)


@dataclass(slots=True, eq=False)
class World:
    """Three replicas on one database, an event loop for all of them, and a look at the database past them."""

    shelf: Shelf
    replicas: list[Replica]
    runner: asyncio.Runner
    steps: int = 0
    drained: int = 0
    refused: int = 0

    def run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self.runner.run(step)

    @property
    def name(self) -> str:
        return self.replicas[0].store.name


@asynccontextmanager
async def opened(stores: list[tuple[Store, float]]) -> AsyncIterator[list[Replica]]:
    replicas = []
    for store, lease_seconds in stores:
        await store.open()
        replicas.append(Replica(store, lease_seconds, a_dispatcher(store, lease_seconds, lambda *_: None)))
        store.attach(replicas[-1].deliveries)
    try:
        yield replicas
    finally:
        for store, _ in stores:
            await store.close()


def a_dispatcher(store: Store, lease_seconds: float, deliver: Deliver) -> Dispatcher:
    return Dispatcher(
        [Printer(deliver), Mailer(deliver), Counter(deliver)],
        store.outboxes,
        retry=RetryPolicy(),
        lease_seconds=lease_seconds,
        telemetry=NoTelemetry(),
        courtesy=Courtesy(),
    )


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def pending_as_model(pending: PendingEvent) -> Entry:
    if pending.todo is None:
        return Entry(pending.event)
    return Entry(pending.event, {name: task_of(delivery) for name, delivery in pending.todo.items()})


def task_of(delivery: Delivery) -> Task:
    due = None if delivery.due is None else About(to_ms(delivery.due))
    parked = None if delivery.parked_at is None else to_ms(delivery.parked_at)
    return Task(delivery.attempts, due, parked, delivery.error)


def a_failure(kind: str, attempts: int, past: datetime, later: datetime) -> Delivery | None:
    """What a handler's failure leaves to do; None where it did not fail but was not run."""
    match kind:
        case "again":
            return Delivery(attempts + 1, past, None, "out of paper")
        case "later":
            return Delivery(attempts + 1, later, None, "out of ink")
        case "parked":
            return Delivery(attempts + 1, None, utc_now(), "no such address")
    return None
