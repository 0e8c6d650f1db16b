"""Aggregates are saved whole, by one winner, and come back as they were."""

import asyncio
from datetime import timedelta

import pytest

from application.clock import utc_now
from application.store import Store
from domain.errors import BacklogFull, DuplicateId, DuplicateRequest, NotFound, VersionConflict
from domain.identity import new_order_id
from domain.kitchen import KITCHEN_ID, Kitchen, KitchenState, Place
from domain.menu import MENU_ID, marios_menu
from domain.order import Order
from tests.builders import DELIVERY, LUIGI, PICKUP, an_order, confirm


async def test_an_order_comes_back_with_every_field_that_it_was_saved_with(store: Store) -> None:
    order = an_order(
        fulfilment=DELIVERY,
        email="anna@example.org",
        notes="ring twice",
        idempotency_key="key",
        request_digest="digest",
    )
    await store.orders.add(order)
    confirm(order)
    order.start_cooking(utc_now(), LUIGI)
    order.mark_ready(utc_now(), LUIGI)
    order.dispatch(utc_now(), "track-1", "Mario's own drivers")
    order.mark_delivered(utc_now())
    await store.orders.save(order)

    found = await store.orders.get(order.id)

    assert (found.id, found.version, found.state) == (order.id, 6, order.state)
    assert found.raised == ()


async def test_many_are_loaded_at_once_and_saved_like_any(store: Store) -> None:
    orders = [an_order() for _ in range(3)]
    for order in orders:
        await store.orders.add(order)
    wanted = [orders[2].id, orders[0].id, orders[0].id, new_order_id(utc_now())]

    found = await store.orders.find_many(wanted)

    assert {one.id: (one.version, one.state) for one in found.values()} == {
        order.id: (1, order.state) for order in (orders[0], orders[2])
    }
    confirm(found[orders[0].id])
    await store.orders.save(found[orders[0].id])
    assert (await store.orders.get(orders[0].id)).version == 2
    assert await store.orders.find_many([]) == {}


async def test_fields_that_only_other_orders_have_come_back_too(store: Store) -> None:
    order = an_order(fulfilment=PICKUP)
    await store.orders.add(order)
    order.cancel(utc_now(), "no more dough")
    await store.orders.save(order)

    assert (await store.orders.get(order.id)).state == order.state


async def test_the_menu_and_the_kitchen_come_back_as_they_were_saved(store: Store) -> None:
    menu = marios_menu()
    kitchen = Kitchen(KITCHEN_ID, KitchenState())
    await store.menus.add(menu)
    await store.kitchens.add(kitchen)
    kitchen.take_place("order-1", 2, utc_now())
    await store.kitchens.save(kitchen)

    assert (await store.menus.get(MENU_ID)).state == menu.state
    found = await store.kitchens.get(KITCHEN_ID)
    assert (found.version, found.state) == (2, kitchen.state)


async def test_what_is_not_there_is_not_found(store: Store) -> None:
    assert await store.orders.find("order-0") is None
    with pytest.raises(NotFound):
        await store.orders.get("order-0")


async def test_the_version_moves_by_the_number_of_events_and_by_one_without(store: Store) -> None:
    order = an_order()
    await store.orders.add(order)
    confirm(order)
    order.start_cooking(utc_now(), LUIGI)
    await store.orders.save(order)
    assert (await store.orders.get(order.id)).version == order.version == 3

    await store.orders.save(order)
    assert (await store.orders.get(order.id)).version == order.version == 4


async def test_a_stale_save_is_refused_and_changes_nothing(store: Store) -> None:
    order = an_order()
    await store.orders.add(order)
    stale = await store.orders.get(order.id)
    confirm(order)
    await store.orders.save(order)
    stale.cancel(utc_now(), "too late")

    with pytest.raises(VersionConflict):
        await store.orders.save(stale)

    found = await store.orders.get(order.id)
    assert (found.version, found.state) == (order.version, order.state)
    (claim,) = await store.outboxes["order"].claim_due("", 10)
    assert [type(p.event).__name__ for p in claim.pending] == ["OrderPlacedEvent", "OrderConfirmedEvent"]


async def test_a_stale_save_without_events_is_refused_too(store: Store) -> None:
    order = an_order()
    await store.orders.add(order)
    stale = await store.orders.get(order.id)
    await store.orders.save(order)

    with pytest.raises(VersionConflict):
        await store.orders.save(stale)


async def test_of_twenty_concurrent_savers_one_wins(store: Store) -> None:
    order = an_order()
    await store.orders.add(order)
    rivals = [await store.orders.get(order.id) for _ in range(20)]
    for number, rival in enumerate(rivals):
        rival.cancel(utc_now(), f"reason {number}")

    answers = await asyncio.gather(*(store.orders.save(rival) for rival in rivals), return_exceptions=True)

    won = [rival for rival, answer in zip(rivals, answers, strict=True) if answer is None]
    assert len(won) == 1
    assert sum(isinstance(answer, VersionConflict) for answer in answers) == 19
    assert (await store.orders.get(order.id)).state == won[0].state
    (claim,) = await store.outboxes["order"].claim_due("", 10)
    assert [p.event for p in claim.pending][1:] == [claim.pending[1].event]


async def test_many_orders_added_at_once_are_all_there(store: Store) -> None:
    orders = [an_order() for _ in range(450)]

    await asyncio.gather(*(store.orders.add(order) for order in orders))

    found = [await store.orders.find(order.id) for order in orders]
    assert [order and order.state for order in found] == [order.state for order in orders]


async def test_an_id_is_given_once_and_the_first_stays(store: Store) -> None:
    first = an_order(notes="first")
    await store.orders.add(first)
    second = an_order(order_id=first.id, notes="second")

    with pytest.raises(DuplicateId):
        await store.orders.add(second)

    assert (await store.orders.get(first.id)).state.notes == "first"


async def test_an_idempotency_key_places_one_order_even_among_orders_added_together(store: Store) -> None:
    orders: list[Order] = [an_order(idempotency_key="same") for _ in range(5)]
    others = [an_order(), an_order(idempotency_key="another"), an_order()]

    answers = await asyncio.gather(*(store.orders.add(order) for order in orders + others), return_exceptions=True)

    refusals = [answer for answer in answers[:5] if answer is not None]
    assert [type(refusal) for refusal in refusals] == [DuplicateRequest] * 4
    assert answers[5:] == [None, None, None]
    placed = await store.order_queries.find_by_idempotency_key("same")
    assert placed is not None
    assert [order.id for order, answer in zip(orders, answers[:5], strict=True) if answer is None] == [placed.id]


async def test_a_bad_order_harms_none_that_is_added_beside_it(store: Store) -> None:
    good, bad = [an_order() for _ in range(5)], an_order(notes="half a character: \ud83c")

    answers = await asyncio.gather(*(store.orders.add(o) for o in [*good[:2], bad, *good[2:]]), return_exceptions=True)

    assert isinstance(answers.pop(2), Exception)
    assert answers == [None] * 5


async def test_an_order_with_too_many_events_waiting_takes_no_more(store: Store) -> None:
    order = an_order()
    await store.orders.add(order)

    async def save_a_hundred_events() -> None:
        for _ in range(100):
            order._raise(an_order(order_id=order.id).raised[0])
        await store.orders.save(order)

    for _ in range(4):
        await save_a_hundred_events()
    with pytest.raises(BacklogFull):
        await save_a_hundred_events()

    (claim,) = await store.outboxes["order"].claim_due("", 10)
    assert len(claim.pending) == 401


async def test_a_place_keeps_the_moment_when_it_was_taken(store: Store) -> None:
    moment = utc_now() - timedelta(days=300)
    await store.kitchens.add(
        Kitchen(KITCHEN_ID, KitchenState(places=[Place(order_id=new_order_id(moment), taken_at=moment)]))
    )

    assert (await store.kitchens.get(KITCHEN_ID)).state.places[0].taken_at == moment
