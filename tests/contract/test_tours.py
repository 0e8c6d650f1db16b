"""A tour follows its orders, and they it, however often and in whichever order events come."""

import pytest

from application.clock import utc_now
from application.events.delivery import TourStopHandler
from domain.driver import StopStatus
from domain.errors import (
    AlreadyAssigned,
    IllegalMove,
    NotADelivery,
    UnknownOrder,
)
from domain.events import (
    DomainEvent,
    OrderCancelledEvent,
    OrderDeliveredEvent,
    OrderShippedEvent,
    TourStartedEvent,
)
from domain.order_lifecycle import OrderStatus
from tests.builders import DELIVERY, PICKUP, an_order
from tests.contract.tours import (
    LUIGIS,
    MARIAS,
    Replica,
    assign,
    cancel,
    hand_over,
    order_of,
    outcome_of,
    picture,
    ready_order,
    ready_orders,
    settled,
    so_far,
    stops_of,
    unassign,
)


async def test_a_tour_of_three_stops_runs_to_its_end_by_itself(replica: Replica) -> None:
    orders = await ready_orders(replica.store, 3)
    await replica.start(LUIGIS, *orders)
    tour = (await replica.store.drivers.get(LUIGIS)).state.tour
    await settled(replica)

    for number, order_id in enumerate(orders, start=1):
        state = (await order_of(replica.store, order_id)).state
        assert (state.status, state.driver_id) == (OrderStatus.DELIVERING, LUIGIS)
        assert tour is not None
        assert (state.tracking_number, state.carrier) == (f"{tour.id}-{number}", "Driver-Luigi")
    for order_id in orders[:2]:
        await hand_over(replica.store, order_id)
    await settled(replica)
    assert list((await stops_of(replica.store, LUIGIS)).values()) == [
        StopStatus.COMPLETED,
        StopStatus.COMPLETED,
        StopStatus.OPEN,
    ]
    await hand_over(replica.store, orders[2])
    await settled(replica)
    assert await stops_of(replica.store, LUIGIS) == {}


async def test_every_event_again_and_backwards_changes_nothing(replica: Replica) -> None:
    first, cancelled, second = await ready_orders(replica.store, 3)
    await replica.start(LUIGIS, first, cancelled)
    await cancel(replica.store, cancelled)
    await settled(replica)
    await hand_over(replica.store, first)
    await settled(replica)
    await assign(replica.store, second, LUIGIS)
    await unassign(replica.store, second)
    await replica.start(LUIGIS, second)
    await settled(replica)
    events = await so_far(replica.store)
    before = await picture(replica.store, LUIGIS, first, second)

    for event in [*reversed(events), *events]:
        await replica.deliver(event)

    assert await picture(replica.store, LUIGIS, first, second) == before
    assert await stops_of(replica.store, LUIGIS) == {second: StopStatus.OPEN}


async def test_a_late_word_of_an_old_tour_sends_out_nothing_that_the_driver_has_since(replica: Replica) -> None:
    (order_id,) = await ready_orders(replica.store, 1)
    await replica.start(LUIGIS, order_id)
    await unassign(replica.store, order_id)
    await settled(replica)
    assert await stops_of(replica.store, LUIGIS) == {}
    await assign(replica.store, order_id, LUIGIS)

    await replica.deliver(*await so_far(replica.store))

    assert (await order_of(replica.store, order_id)).state.status is OrderStatus.READY


async def test_an_order_that_is_cancelled_before_it_has_left_is_dropped_from_the_tour(replica: Replica) -> None:
    gone, stays = await ready_orders(replica.store, 2)
    await replica.start(LUIGIS, gone, stays)
    await cancel(replica.store, gone)

    await settled(replica)

    assert await stops_of(replica.store, LUIGIS) == {gone: StopStatus.DROPPED, stays: StopStatus.OPEN}
    assert (await order_of(replica.store, gone)).state.status is OrderStatus.CANCELLED


@pytest.mark.parametrize("first_word", [OrderCancelledEvent, TourStartedEvent])
async def test_the_stop_is_dropped_whichever_word_comes_first(replica: Replica, first_word: type[DomainEvent]) -> None:
    gone, stays = await ready_orders(replica.store, 2)
    await replica.start(LUIGIS, gone, stays)
    await cancel(replica.store, gone)

    await replica.deliver(*[event for event in await so_far(replica.store) if isinstance(event, first_word)])

    assert (await stops_of(replica.store, LUIGIS))[gone] is StopStatus.DROPPED


async def test_an_order_taken_from_the_driver_is_dropped_and_can_go_with_another(replica: Replica) -> None:
    moved, stays = await ready_orders(replica.store, 2)
    await replica.start(LUIGIS, moved, stays)
    await unassign(replica.store, moved)
    await replica.start(MARIAS, moved)
    await settled(replica)

    assert await stops_of(replica.store, LUIGIS) == {moved: StopStatus.DROPPED, stays: StopStatus.OPEN}
    assert await stops_of(replica.store, MARIAS) == {moved: StopStatus.OPEN}
    state = (await order_of(replica.store, moved)).state
    assert (state.status, state.driver_id, state.carrier) == (OrderStatus.DELIVERING, MARIAS, "Driver-Maria")


async def test_an_order_that_was_sent_out_by_hand_stays_on_its_tour(replica: Replica) -> None:
    (order_id,) = await ready_orders(replica.store, 1)
    await replica.start(LUIGIS, order_id)
    order = await order_of(replica.store, order_id)
    order.dispatch(utc_now(), "T-1", "Luigi")
    await replica.store.orders.save(order)
    await settled(replica)
    assert await stops_of(replica.store, LUIGIS) == {order_id: StopStatus.OPEN}

    await hand_over(replica.store, order_id)
    await settled(replica)
    assert await stops_of(replica.store, LUIGIS) == {}


async def test_a_tour_that_is_refused_names_the_order_and_leaves_everything_as_it_was(replica: Replica) -> None:
    store = replica.store
    good, marias = await ready_orders(store, 2)
    await assign(store, marias, MARIAS)
    pickup, early = await ready_order(store, PICKUP), an_order(fulfilment=DELIVERY)
    await store.orders.add(early)
    before = await store.drivers.get(LUIGIS)
    for bad, expected in (
        (pickup.id, NotADelivery),
        (early.id, IllegalMove),
        ("order-0", UnknownOrder),
        (marias, AlreadyAssigned),
    ):
        refusal = await outcome_of(replica.start(LUIGIS, good, bad))
        assert isinstance(refusal, expected)
        assert refusal.parameter == "/orders/1"
    assert ((await order_of(store, good)).state.driver_id, (await order_of(store, good)).version) == (None, 4)
    after = await store.drivers.get(LUIGIS)
    assert (after.version, after.state) == (before.version, before.state)


async def test_one_batch_settles_the_stops_of_several_drivers(replica: Replica) -> None:
    hers, his = await ready_orders(replica.store, 2)
    await replica.start(MARIAS, hers)
    await replica.start(LUIGIS, his)
    await settled(replica)
    for order_id in (hers, his):
        await hand_over(replica.store, order_id)
    done = [event for event in await so_far(replica.store) if isinstance(event, OrderDeliveredEvent)]

    await TourStopHandler(replica.desk).deliver(done)

    assert await stops_of(replica.store, MARIAS) == await stops_of(replica.store, LUIGIS) == {}


async def test_a_shipped_order_tells_whose_it_is(replica: Replica) -> None:
    (order_id,) = await ready_orders(replica.store, 1)
    await replica.start(LUIGIS, order_id)
    await settled(replica)
    (shipped,) = [event for event in await so_far(replica.store) if isinstance(event, OrderShippedEvent)]
    assert (shipped.aggregate_id, shipped.driver_id) == (order_id, LUIGIS)
