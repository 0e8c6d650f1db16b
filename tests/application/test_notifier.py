"""What a notifier tells whom, and that it tells it once. The record is a real one; the provider is a list."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from application.clock import utc_now
from application.dispatch.retry import TimedOut, Unavailable
from application.notifier import OLD_NEWS, Notifier
from application.ports.customers import ContactPreferences
from application.ports.notifications import (
    CannotCompose,
    Channel,
    Message,
    MessageRejected,
    NotificationLog,
    NotificationRecord,
    NotificationStatus,
)
from domain.errors import StoreUnavailable
from domain.events import DomainEvent
from domain.order import Order
from domain.order_state import Customer
from infrastructure.sqlite.store import SqliteStore
from tests.builders import LUIGI, an_order, confirm
from tests.notices import COMPOSER

SENT, FAILED = NotificationStatus.SENT, NotificationStatus.FAILED
REJECTED, SKIPPED = NotificationStatus.REJECTED, NotificationStatus.SKIPPED


class Provider:
    """Takes what it is given, but for the failures that are in its way, one for each of the next messages."""

    batch_size = 200
    workers = 1

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.failures: list[Exception | None] = []

    async def send(self, message: Message) -> str:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.sent.append(message)
        return f"P{len(self.sent)}"


class Wishes:
    def __init__(self) -> None:
        self.all = ContactPreferences()

    async def preferences(self, phones: Iterable[str]) -> dict[str, ContactPreferences]:
        return dict.fromkeys(phones, self.all)


class Ledger:
    """The store's own record, which can be away for writing."""

    def __init__(self, log: NotificationLog) -> None:
        self._log = log
        self.away = False
        self.find, self.of_order, self.list = log.find, log.of_order, log.list

    async def write(self, records: Sequence[NotificationRecord]) -> None:
        if self.away:
            raise StoreUnavailable
        await self._log.write(records)


class Desk:
    """A notifier of one channel with all that it needs."""

    def __init__(self, store: SqliteStore, channel: Channel) -> None:
        self.store, self.channel = store, channel
        self.provider, self.wishes, self.ledger = Provider(), Wishes(), Ledger(store.notifications)
        self.notifier = self.restarted()

    def restarted(self) -> Notifier:
        """Another process: it remembers nothing."""
        return Notifier(
            self.channel,
            self.provider,
            composer=COMPOSER,
            orders=self.store.order_queries,
            customers=self.wishes,
            log=self.ledger,
        )

    async def outcome(self, event: DomainEvent) -> tuple[NotificationStatus, int, str | None]:
        id_ = f"{event.event_id}/{self.channel}"
        record = (await self.store.notifications.find([id_]))[id_]
        return record.status, record.attempts, record.error

    @property
    def told(self) -> list[str]:
        return [message.event_id for message in self.provider.sent]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    store = SqliteStore(tmp_path / "p.db")
    await store.open()
    yield Desk(store, Channel.EMAIL)
    await store.close()


async def stored(desk: Desk, order: Order) -> Sequence[DomainEvent]:
    """Keep an order that was placed and confirmed; returns its events."""
    events = order.raised
    await desk.store.orders.add(order)
    return events


def a_confirmed_order(email: str | None = "anna@example.org") -> Order:
    order = an_order(email=email)
    confirm(order)
    return order


async def test_each_event_is_told_in_order_and_put_on_record(desk: Desk) -> None:
    placed, confirmed = await stored(desk, a_confirmed_order())

    assert await desk.notifier.tell([placed, confirmed]) == {}

    assert desk.told == [placed.event_id, confirmed.event_id]
    assert {message.to for message in desk.provider.sent} == {"anna@example.org"}
    assert await desk.outcome(placed) == (SENT, 1, None)
    records = await desk.store.notifications.of_order(placed.aggregate_id)
    assert {record.id: record.provider_id for record in records} == {
        f"{placed.event_id}/email": "P1",
        f"{confirmed.event_id}/email": "P2",
    }


@pytest.mark.parametrize(
    ("failure", "outcome"), [(None, SENT), (MessageRejected("no such mailbox", "550"), REJECTED)], ids=str
)
async def test_an_event_that_comes_again_is_not_told_again(
    desk: Desk, failure: Exception | None, outcome: NotificationStatus
) -> None:
    event, _ = await stored(desk, a_confirmed_order())
    desk.provider.failures = [failure]
    await desk.notifier.tell([event])
    told = list(desk.told)

    for notifier in (desk.notifier, desk.restarted()):
        assert await notifier.tell([event]) == {}

    assert desk.told == told
    assert (await desk.outcome(event))[:2] == (outcome, 1)


async def test_what_was_skipped_stays_skipped(desk: Desk) -> None:
    event, _ = await stored(desk, a_confirmed_order())
    desk.wishes.all = ContactPreferences(email=False)
    await desk.notifier.tell([event])
    desk.wishes.all = ContactPreferences()

    await desk.notifier.tell([event])

    assert desk.told == []
    assert await desk.outcome(event) == (SKIPPED, 0, "not_wanted")


async def test_a_rejected_message_holds_nothing_back(desk: Desk) -> None:
    placed, confirmed = await stored(desk, a_confirmed_order())
    desk.provider.failures = [MessageRejected("no such mailbox", "550")]

    assert await desk.notifier.tell([placed, confirmed]) == {}

    assert desk.told == [confirmed.event_id]
    assert await desk.outcome(placed) == (REJECTED, 1, "550")


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (Unavailable("away"), "unavailable"),
        (Unavailable("busy", status=503), "503"),
        (TimedOut("slow"), "timed_out"),
        (CannotCompose("a mistake"), "cannot_compose"),
    ],
    ids=str,
)
async def test_behind_a_failure_the_order_waits_and_no_other(desk: Desk, failure: Exception, code: str) -> None:
    placed, confirmed = await stored(desk, a_confirmed_order())
    other, _ = await stored(desk, a_confirmed_order())
    desk.provider.failures = [failure]

    failed = await desk.notifier.tell([placed, confirmed, other])

    assert failed == {placed.event_id: failure, confirmed.event_id: failure}
    assert desk.told == [other.event_id]
    assert await desk.outcome(placed) == (FAILED, 1, code)
    assert len(await desk.store.notifications.of_order(placed.aggregate_id)) == 1

    assert await desk.notifier.tell([placed, confirmed]) == {}
    assert desk.told == [other.event_id, placed.event_id, confirmed.event_id]
    assert await desk.outcome(placed) == (SENT, 2, None)


async def test_what_was_sent_while_the_store_was_away_is_not_sent_again(desk: Desk) -> None:
    event, _ = await stored(desk, a_confirmed_order())
    desk.ledger.away = True
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await desk.notifier.tell([event])
    desk.ledger.away = False

    assert await desk.notifier.tell([event]) == {}

    assert desk.told == [event.event_id]
    assert await desk.outcome(event) == (SENT, 1, None)


async def test_a_process_that_died_before_it_could_write_sends_the_same_once_more(desk: Desk) -> None:
    event, _ = await stored(desk, a_confirmed_order())
    desk.ledger.away = True
    with pytest.raises(StoreUnavailable):
        await desk.notifier.tell([event])
    desk.ledger.away = False

    await desk.restarted().tell([event])

    assert desk.told == [event.event_id] * 2


async def test_who_has_no_mailbox_hears_by_sms_alone(desk: Desk) -> None:
    event, _ = await stored(desk, a_confirmed_order(email=None))
    by_sms = Desk(desk.store, Channel.SMS)

    await desk.notifier.tell([event])
    await by_sms.notifier.tell([event])

    assert desk.told == []
    assert await desk.outcome(event) == (SKIPPED, 0, "no_email")
    assert [message.to for message in by_sms.provider.sent] == ["+39 081 1234"]
    assert await by_sms.outcome(event) == (SENT, 1, None)


@pytest.mark.parametrize("channel", list(Channel))
async def test_who_was_forgotten_hears_nothing(desk: Desk, channel: Channel) -> None:
    order = a_confirmed_order()
    order.state.customer = Customer(name="", phone="", email=None)
    event, _ = await stored(desk, order)
    erased = Desk(desk.store, channel)

    await erased.notifier.tell([event])

    assert erased.told == []
    assert await erased.outcome(event) == (SKIPPED, 0, "contact_erased")


async def test_an_order_that_is_gone_is_nobodys(desk: Desk) -> None:
    (event,) = an_order(email="anna@example.org").raised
    await desk.notifier.tell([event])
    assert await desk.outcome(event) == (SKIPPED, 0, "order_gone")


async def test_nobody_is_told_what_is_old_news(desk: Desk) -> None:
    order = a_confirmed_order()
    event, _ = await stored(desk, order)
    old = replace(event, occurred_at=utc_now() - OLD_NEWS - timedelta(minutes=1))

    await desk.notifier.tell([old])

    assert desk.told == []
    assert await desk.outcome(event) == (SKIPPED, 0, "too_old")


async def test_each_channel_has_its_own_wish_and_the_language_is_the_customers(desk: Desk) -> None:
    order = a_confirmed_order()
    order.start_cooking(utc_now(), LUIGI)
    *_, cooking = await stored(desk, order)
    by_sms = Desk(desk.store, Channel.SMS)
    desk.wishes.all = by_sms.wishes.all = ContactPreferences(email=True, sms=False, language="it")

    await desk.notifier.tell([cooking])
    await by_sms.notifier.tell([cooking])

    (mail,) = desk.provider.sent
    assert "in forno" in mail.subject()
    assert by_sms.told == []
    assert await by_sms.outcome(cooking) == (SKIPPED, 0, "not_wanted")


async def test_nothing_to_tell_is_told_to_nobody(desk: Desk) -> None:
    assert await desk.notifier.tell([]) == {}
