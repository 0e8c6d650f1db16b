"""Tells customers about their orders on one channel, and keeps the record of what became of it."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from application.clock import utc_now
from application.dispatch.handler import BatchEventHandler, EventHandler
from application.dispatch.retry import BatchFailed, TimedOut, Unavailable
from application.ports import OrderQueries, OrderView
from application.ports.customers import ContactPreferences, CustomerDirectory
from application.ports.notifications import (
    CannotCompose,
    Channel,
    MailGateway,
    Message,
    MessageComposer,
    MessageRejected,
    Notice,
    NotificationKind,
    NotificationLog,
    NotificationRecord,
    NotificationStatus,
    SmsGateway,
)
from domain.events import (
    CookingStartedEvent,
    DomainEvent,
    OrderCancelledEvent,
    OrderConfirmedEvent,
    OrderDeliveredEvent,
    OrderPlacedEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)
from domain.order_state import Customer

KINDS: dict[type[DomainEvent], NotificationKind] = {
    OrderPlacedEvent: NotificationKind.PLACED,
    OrderConfirmedEvent: NotificationKind.CONFIRMED,
    CookingStartedEvent: NotificationKind.COOKING,
    OrderReadyEvent: NotificationKind.READY,
    OrderShippedEvent: NotificationKind.SHIPPED,
    OrderDeliveredEvent: NotificationKind.DELIVERED,
    OrderCancelledEvent: NotificationKind.CANCELLED,
}
#: What is older is no news any more: nobody wants to hear tomorrow that yesterday's pizza is ready.
OLD_NEWS = timedelta(days=1)
NO_WISHES = ContactPreferences()
#: Outcomes that the store could not take yet, at most.
MOST_UNWRITTEN = 10_000

E = TypeVar("E", bound=DomainEvent)


class Notifier:
    """One channel's: whom it reaches, and what was sent already.

    An event whose record is final sends nothing. Between sending and the record lies a moment in which a crash, or a
    worker that was paused past its lease, makes a repeat, under the same `Message-ID` or `Idempotency-Key`. While this
    process lives it remembers what it could not write down, so that a store that is away makes none.
    """

    def __init__(
        self,
        channel: Channel,
        gateway: SmsGateway | MailGateway,
        *,
        composer: MessageComposer,
        orders: OrderQueries,
        customers: CustomerDirectory,
        log: NotificationLog,
    ) -> None:
        self._channel = channel
        self._gateway = gateway
        self._composer = composer
        self._orders = orders
        self._customers = customers
        self._log = log
        self._unwritten: dict[str, NotificationRecord] = {}

    async def tell(self, events: Sequence[DomainEvent]) -> dict[str, Exception]:
        """Tell of these events, in the given order; returns what failed, by event id. Behind a failure, the later
        events of the same order wait, and have failed with it.

        Raises `StoreUnavailable`.
        """
        ids = [self._id(event) for event in events]
        found, orders = await asyncio.gather(
            self._log.find(ids), self._orders.get_many({event.aggregate_id for event in events})
        )
        known = found | {id_: self._unwritten[id_] for id_ in ids if id_ in self._unwritten}
        todo = [event for event in events if not _is_done(known.get(self._id(event)))]
        wishes = await self._wishes(orders.values()) if todo else {}
        records = {id_: record for id_, record in known.items() if id_ in self._unwritten}
        failures: dict[str, Exception] = {}
        stuck: dict[str, Exception] = {}
        try:
            for event in todo:
                failure = stuck.get(event.aggregate_id)
                if failure is None:
                    before = known.get(self._id(event))
                    attempts = before.attempts if before else 0
                    record, failure = await self._try(event, orders.get(event.aggregate_id), wishes, attempts)
                    records[record.id] = record
                if failure is not None:
                    failures[event.event_id] = stuck[event.aggregate_id] = failure
        finally:
            await self._write(records)
        return failures

    async def _try(
        self, event: DomainEvent, order: OrderView | None, wishes: Mapping[str, ContactPreferences], attempts: int
    ) -> tuple[NotificationRecord, Exception | None]:
        wished = wishes.get(order.state.customer.phone, NO_WISHES) if order else NO_WISHES
        reason = self._why_not(event, order, wished)
        if reason or order is None:
            return self._record(event, NotificationStatus.SKIPPED, attempts, error=reason), None
        message = Message(
            event_id=event.event_id,
            happened_at=event.occurred_at,
            to=self._address(order.state.customer) or "",
            notice=Notice(kind=KINDS[type(event)], order=order, language=wished.language),
            composer=self._composer,
        )
        try:
            provider_id = await self._gateway.send(message)
        except MessageRejected as refusal:
            # It concerns this recipient alone: the next message may well be taken, so nothing is parked behind it.
            return self._record(event, NotificationStatus.REJECTED, attempts + 1, error=refusal.code), None
        except (Unavailable, CannotCompose) as failure:
            return self._record(event, NotificationStatus.FAILED, attempts + 1, error=_code(failure)), failure
        return self._record(event, NotificationStatus.SENT, attempts + 1, provider_id=provider_id), None

    async def _wishes(self, orders: Iterable[OrderView]) -> dict[str, ContactPreferences]:
        """Of all whom this channel reaches, by phone, in one look at the store."""
        customers = [order.state.customer for order in orders]
        phones = {each.phone for each in customers if self._address(each) and not _is_erased(each)}
        return await self._customers.preferences(phones) if phones else {}

    def _why_not(self, event: DomainEvent, order: OrderView | None, wished: ContactPreferences) -> str | None:
        if order is None:
            return "order_gone"
        if _is_old(event.occurred_at):
            return "too_old"
        if _is_erased(order.state.customer):
            return "contact_erased"
        if not self._address(order.state.customer):
            return "no_email"
        wanted = wished.email if self._channel is Channel.EMAIL else wished.sms
        return None if wanted else "not_wanted"

    def _address(self, customer: Customer) -> str | None:
        return customer.email if self._channel is Channel.EMAIL else customer.phone

    def _id(self, event: DomainEvent) -> str:
        return f"{event.event_id}/{self._channel}"

    def _record(
        self,
        event: DomainEvent,
        status: NotificationStatus,
        attempts: int,
        *,
        provider_id: str | None = None,
        error: str | None = None,
    ) -> NotificationRecord:
        return NotificationRecord(
            id=self._id(event),
            order_id=event.aggregate_id,
            kind=KINDS[type(event)],
            channel=self._channel,
            status=status,
            attempts=attempts,
            at=utc_now(),
            provider_id=provider_id,
            error=error,
        )

    async def _write(self, records: dict[str, NotificationRecord]) -> None:
        """Whatever comes in between, this process knows what is final until it is written."""
        self._unwritten |= {id_: record for id_, record in records.items() if record.is_final}
        while len(self._unwritten) > MOST_UNWRITTEN:
            del self._unwritten[next(iter(self._unwritten))]
        if records:
            await self._log.write(list(records.values()))
        for id_ in records:
            self._unwritten.pop(id_, None)


class ChannelHandler(BatchEventHandler[E]):
    """Tells of events on one channel: many at once where nothing is waited for, else one by one, each with the whole
    time that a handler has, and its record written before the next."""

    def __init__(self, notifier: Notifier, gateway: SmsGateway | MailGateway) -> None:
        self._notifier = notifier
        self.batch_size = gateway.batch_size
        self.workers = gateway.workers

    async def deliver(self, events: Sequence[E]) -> None:
        if self.batch_size > 1:
            await super().deliver(events)
        else:
            await EventHandler.deliver(self, events)

    async def handle(self, event: E) -> None:
        failures = await self._notifier.tell([event])
        if failures:
            raise failures[event.event_id]

    async def handle_batch(self, events: Sequence[E]) -> None:
        failures = await self._notifier.tell(events)
        if failures:
            raise BatchFailed(failures)


def _is_done(record: NotificationRecord | None) -> bool:
    return record is not None and record.is_final


def _is_erased(customer: Customer) -> bool:
    """Whoever places an order leaves a number; where there is none, the person was forgotten."""
    return not any(character.isdigit() for character in customer.phone)


def _is_old(happened_at: datetime) -> bool:
    return utc_now() - happened_at > OLD_NEWS


def _code(failure: Exception) -> str:
    match failure:
        case CannotCompose():
            return "cannot_compose"
        case Unavailable(status=int(status)):
            return str(status)
        case TimedOut():
            return "timed_out"
        case _:
            return "unavailable"
