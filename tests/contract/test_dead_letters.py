"""Parked deliveries: kept, listed, counted, and given to an operator to repair."""

from datetime import datetime, timedelta

import pytest

from application.clock import utc_now
from application.dispatch.outbox import Delivery, Outbox, Outcome, PendingEvent, Settlement
from application.store import Store
from tests.builders import an_order, confirm
from tests.contract.conftest import OpenStore
from tests.waiting import eventually


async def park(store: Store, at: datetime, *handlers: str) -> str:
    """Add an order whose only event is parked for these handlers; returns its id."""
    order = an_order()
    await store.orders.add(order)
    outbox = store.outboxes["order"]
    claim = await outbox.take_for_repair(order.id)
    assert claim is not None
    todo = {handler: Delivery(10, None, at, f"{handler} is broken") for handler in handlers}
    rest = [PendingEvent(claim.pending[0].event, todo)]
    assert await outbox.settle([Settlement(claim, 1, rest, parked_at=at)]) == [Outcome.DONE]
    return order.id


async def test_a_dead_letter_says_what_failed_how_often_and_why(store: Store, outbox: Outbox) -> None:
    parked_at = utc_now()
    order_id = await park(store, parked_at, "Printer")

    (letter,) = await outbox.dead_letters(10)

    assert (letter.id, letter.handler) == (f"order:{order_id}:1:Printer", "Printer")
    assert (letter.attempts, letter.error, letter.parked_at) == (10, "Printer is broken", parked_at)
    assert (letter.event.aggregate_id, letter.event.aggregate_version) == (order_id, 1)
    assert letter.held_back == 0


async def test_dead_letters_are_not_backlog_and_are_not_claimed(store: Store, outbox: Outbox) -> None:
    await park(store, utc_now(), "Printer")

    assert await outbox.backlog() == []
    assert await outbox.claim_due("", 10) == []
    assert await outbox.claim_due("Printer", 10) == []


async def test_dead_letters_come_in_pages_the_longest_parked_first(store: Store, outbox: Outbox) -> None:
    now = utc_now()
    ids = {minutes: await park(store, now - timedelta(minutes=minutes), "Printer") for minutes in (2, 5, 1, 4, 3)}

    first = await outbox.dead_letters(2)
    second = await outbox.dead_letters(2, first[-1].id)
    third = await outbox.dead_letters(2, second[-1].id)

    pages = [[letter.event.aggregate_id for letter in page] for page in (first, second, third)]
    assert pages == [[ids[5], ids[4]], [ids[3], ids[2]], [ids[1]]]
    assert await outbox.dead_letters(2, third[-1].id) == []


async def test_a_page_may_end_within_a_document(store: Store, outbox: Outbox) -> None:
    at = utc_now()
    await park(store, at, "Mailer", "Printer", "Scale")
    await park(store, at, "Mailer")

    seen = []
    page = await outbox.dead_letters(1)
    while page:
        seen += [letter.id for letter in page]
        page = await outbox.dead_letters(1, seen[-1])

    assert len(seen) == len(set(seen)) == 4


async def test_dead_letters_are_counted_by_document(store: Store, outbox: Outbox) -> None:
    assert await outbox.count_dead_letters() == 0
    await park(store, utc_now(), "Mailer", "Printer")
    await park(store, utc_now(), "Mailer")

    assert await outbox.count_dead_letters() == 2


async def test_a_dead_letter_tells_how_many_events_wait_behind_it(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    confirm(order)
    order.cancel(utc_now(), "no more dough")
    await store.orders.save(order)
    (claim,) = await outbox.claim_due("", 10)
    parked = PendingEvent(claim.pending[0].event, {"Printer": Delivery(10, None, utc_now(), "broken")})
    behind = [PendingEvent(p.event, {"Printer": Delivery(), "Mailer": Delivery()}) for p in claim.pending[1:]]
    await outbox.settle([Settlement(claim, 3, [parked, *behind], parked_at=utc_now())])

    assert [letter.held_back for letter in await outbox.dead_letters(10)] == [2]


async def test_a_repair_claims_what_nobody_delivers_and_others_cannot_meanwhile(store: Store, outbox: Outbox) -> None:
    order_id = await park(store, utc_now(), "Printer")

    claim = await outbox.take_for_repair(order_id)

    assert claim is not None
    assert set(claim.pending[0].todo or {}) == {"Printer"}
    assert await outbox.take_for_repair(order_id) is None
    assert await outbox.settle([Settlement(claim, 1)]) == [Outcome.DONE]
    assert await outbox.dead_letters(10) == []


async def test_a_repair_gets_nothing_that_is_being_delivered_or_not_there(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    await outbox.claim_due("", 10)

    assert await outbox.take_for_repair(order.id) is None
    assert await outbox.take_for_repair("order-0") is None


async def test_a_redriven_delivery_is_due_in_its_lane(store: Store, outbox: Outbox) -> None:
    order_id = await park(store, utc_now(), "Printer")
    claim = await outbox.take_for_repair(order_id)
    assert claim is not None
    rest = [PendingEvent(claim.pending[0].event, {"Printer": Delivery()})]
    await outbox.settle([Settlement(claim, 1, rest, lane="Printer", next_attempt_at=utc_now())])

    (again,) = await outbox.claim_due("Printer", 10)

    assert again.pending == rest
    assert await outbox.count_dead_letters() == 0


@pytest.mark.parametrize("after", ["", "nonsense", "order:unknown:1:Printer"])
async def test_a_page_behind_what_is_not_parked_any_more_starts_at_the_top(
    store: Store, outbox: Outbox, after: str
) -> None:
    order_id = await park(store, utc_now(), "Printer")

    assert [letter.event.aggregate_id for letter in await outbox.dead_letters(10, after)] == [order_id]


async def test_a_repair_that_was_never_finished_keeps_the_dead_letter_and_frees_it_in_time(
    open_store: OpenStore,
) -> None:
    async with open_store(0.3) as store:
        outbox = store.outboxes["order"]
        order_id = await park(store, utc_now(), "Printer")
        assert await outbox.take_for_repair(order_id) is not None
        assert [lane.lane for lane in await outbox.backlog()] == [""]

        async def freed() -> bool:
            return bool(await outbox.claim_due("", 10))

        await eventually(freed)
        assert [letter.event.aggregate_id for letter in await outbox.dead_letters(10)] == [order_id]
