"""What comes in is taken once, by its source and id, however often and by however many it is sent."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from application.clock import utc_now
from application.commands.take_events import ReportedEvent, TakeEventsCommand, TakeEventsCommandHandler, Taken
from application.dispatch.outbox import Settlement
from application.store import Store
from domain.errors import StoreUnavailable
from domain.events import DriverPositionReportedEvent, PaymentReportedEvent
from domain.incoming import incoming_id
from tests.contract.conftest import LEASE_SECONDS, OpenStore

EVENTS, SENDERS, MOST_OFTEN, LARGEST_BATCH = 300, 8, 5, 20


def a_report(number: int, source: str = "/terminals/7", amount: int = 100) -> ReportedEvent:
    return ReportedEvent(
        source=source,
        id=f"evt-{number}",
        type_name="com.mariopizzeria.payment.received.v1",
        time=utc_now(),
        event_class=PaymentReportedEvent,
        facts={"order_id": "o", "amount": amount, "currency": "EUR", "method": "card", "payment_id": f"p-{number}"},
    )


async def take(store: Store, *reports: ReportedEvent) -> Taken:
    return await TakeEventsCommandHandler(store.inbox).handle(TakeEventsCommand(events=reports))


async def is_taken(store: Store, batch: Sequence[ReportedEvent]) -> bool:
    """A sender who is not thanked sends all of it again."""
    try:
        taken = await take(store, *batch)
    except StoreUnavailable:
        return False
    return taken.new + taken.repeated == len(batch)


async def all_pending(store: Store) -> list[PaymentReportedEvent]:
    """Everything that waits to be handled, acknowledged on the way."""
    outbox = store.outboxes["incoming"]
    found: list[PaymentReportedEvent] = []
    while claims := await outbox.claim_due("", 100):
        found += [pending.event for claim in claims for pending in claim.pending]  # type: ignore[misc]
        await outbox.settle([Settlement(claim, len(claim.pending)) for claim in claims])
    return found


async def test_each_of_many_events_sent_often_by_many_senders_to_two_replicas_is_taken_once(
    open_store: OpenStore,
) -> None:
    chance = random.Random(5)
    letters = [a_report(number) for number in range(EVENTS) for _ in range(chance.randint(1, MOST_OFTEN))]
    chance.shuffle(letters)
    waiting = iter(letters)

    def batches() -> Iterator[list[ReportedEvent]]:
        while batch := [letter for _, letter in zip(range(chance.randint(1, LARGEST_BATCH)), waiting, strict=False)]:
            yield batch

    async with open_store(LEASE_SECONDS) as one, open_store(LEASE_SECONDS) as other:
        shared = batches()

        async def send(store: Store) -> None:
            for batch in shared:
                while not await is_taken(store, batch):
                    await asyncio.sleep(0.05)

        await asyncio.gather(*(send((one, other)[number % 2]) for number in range(SENDERS)))
        events = await all_pending(one)

    assert Counter(event.cloud_event_id for event in events) == {f"evt-{number}": 1 for number in range(EVENTS)}
    assert len({event.event_id for event in events}) == EVENTS


async def test_a_repeat_counts_no_more_when_the_first_was_handled_long_ago(store: Store) -> None:
    await take(store, a_report(1))
    assert len(await all_pending(store)) == 1

    assert await take(store, a_report(1)) == Taken(new=0, repeated=1)
    assert await all_pending(store) == []


async def test_the_same_twice_in_one_batch_is_one(store: Store) -> None:
    assert await take(store, a_report(1), a_report(2), a_report(1)) == Taken(new=2, repeated=1)


async def test_the_first_of_two_that_differ_is_the_one(store: Store) -> None:
    await take(store, a_report(1, amount=100))
    await take(store, a_report(1, amount=999))

    (event,) = await all_pending(store)
    assert event.amount == 100


async def test_two_sources_may_use_the_same_id(store: Store) -> None:
    assert (await take(store, a_report(1, "/a"), a_report(1, "/b"))).new == 2
    assert incoming_id("/a", "b") != incoming_id("/", "ab")


async def test_an_event_comes_back_with_every_fact(store: Store) -> None:
    moment = datetime(2026, 5, 4, 18, 30, 0, 125_000, tzinfo=UTC)
    facts = {"driver_id": "gino", "latitude": 43.7696, "longitude": -11.25, "at": moment}
    report = ReportedEvent(
        source="https://example.org/phones?n=1",
        id="ü 1",
        type_name="com.mariopizzeria.driver.position.v1",
        time=None,
        event_class=DriverPositionReportedEvent,
        facts=facts,
    )
    await take(store, report)

    (claim,) = await store.outboxes["incoming"].claim_due("", 10)
    event = claim.pending[0].event
    assert isinstance(event, DriverPositionReportedEvent)
    assert {name: getattr(event, name) for name in facts} == facts
    assert (event.source, event.cloud_event_id, event.cloud_event_time) == (report.source, "ü 1", None)
    entry = await store.inbox.get(event.aggregate_id)
    assert (entry.version, entry.state.source, entry.state.cloud_event_id) == (1, report.source, "ü 1")


async def test_nothing_is_nothing(store: Store) -> None:
    assert await take(store) == Taken(new=0, repeated=0)
