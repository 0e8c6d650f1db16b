"""An order and its driver, in each status."""

import pytest

from domain.errors import AlreadyAssigned, IllegalMove, NotADelivery
from domain.events import (
    OrderAssignedEvent,
    OrderCancelledEvent,
    OrderDeliveredEvent,
    OrderShippedEvent,
    OrderUnassignedEvent,
)
from domain.order import Order
from domain.order_lifecycle import OrderStatus
from tests.domain.test_order import DELIVERY, NOW, PICKUP, in_status

ASSIGNABLE = {OrderStatus.CONFIRMED, OrderStatus.COOKING, OrderStatus.READY}


def luigis(status: OrderStatus) -> Order:
    order = in_status(OrderStatus.READY, DELIVERY)
    order.assign_driver(NOW, "driver-luigi", "Luigi")
    order.mark_saved()
    order.state.status = status
    return order


@pytest.mark.parametrize("status", list(OrderStatus))
def test_a_delivery_is_given_to_a_driver_from_when_it_is_confirmed_until_it_is_on_its_way(status: OrderStatus) -> None:
    order = in_status(status, DELIVERY)
    if status in ASSIGNABLE:
        order.assign_driver(NOW, "driver-luigi", "Luigi")
        (event,) = order.raised
        assert isinstance(event, OrderAssignedEvent)
        assert (event.driver_id, event.driver_name, event.assigned_time) == ("driver-luigi", "Luigi", NOW)
        assert (order.state.driver_id, order.state.driver_name) == ("driver-luigi", "Luigi")
    else:
        with pytest.raises(IllegalMove):
            order.assign_driver(NOW, "driver-luigi", "Luigi")
        assert (order.raised, order.state.driver_id) == ((), None)
    assert order.state.status is status


@pytest.mark.parametrize("status", list(OrderStatus))
def test_it_is_taken_from_its_driver_as_long(status: OrderStatus) -> None:
    order = luigis(status)
    if status in ASSIGNABLE:
        order.unassign_driver(NOW)
        (event,) = order.raised
        assert isinstance(event, OrderUnassignedEvent)
        assert (event.driver_id, event.unassigned_time) == ("driver-luigi", NOW)
        assert (order.state.driver_id, order.state.driver_name) == (None, None)
    else:
        with pytest.raises(IllegalMove):
            order.unassign_driver(NOW)
        assert (order.raised, order.state.driver_id) == ((), "driver-luigi")
    assert order.state.status is status


@pytest.mark.parametrize("status", list(OrderStatus))
def test_a_pickup_has_no_driver(status: OrderStatus) -> None:
    order = in_status(status, PICKUP)
    with pytest.raises(NotADelivery):
        order.assign_driver(NOW, "driver-luigi", "Luigi")
    assert (order.raised, order.state.driver_id) == ((), None)


def test_another_driver_cannot_take_it_and_the_first_keeps_it() -> None:
    order = luigis(OrderStatus.READY)
    with pytest.raises(AlreadyAssigned, match="Luigi"):
        order.assign_driver(NOW, "driver-maria", "Maria")
    assert (order.raised, order.state.driver_name) == ((), "Luigi")


@pytest.mark.parametrize("status", list(OrderStatus))
def test_the_same_driver_again_and_nobody_again_change_nothing(status: OrderStatus) -> None:
    order, nobodys = luigis(status), in_status(status, DELIVERY)
    order.assign_driver(NOW, "driver-luigi", "Luigi")
    nobodys.unassign_driver(NOW)
    assert order.raised == nobodys.raised == ()


def test_what_happens_to_it_afterwards_says_whose_it_was() -> None:
    order, cancelled = luigis(OrderStatus.READY), luigis(OrderStatus.READY)
    order.dispatch(NOW, "T-1", "Luigi")
    order.mark_delivered(NOW)
    cancelled.cancel(NOW, "changed my mind")

    shipped, delivered = order.raised
    (gone,) = cancelled.raised
    assert isinstance(shipped, OrderShippedEvent)
    assert isinstance(delivered, OrderDeliveredEvent)
    assert isinstance(gone, OrderCancelledEvent)
    assert {shipped.driver_id, delivered.driver_id, gone.driver_id} == {"driver-luigi"}


def test_an_order_can_go_without_a_driver() -> None:
    order = in_status(OrderStatus.READY, DELIVERY)
    order.dispatch(NOW, "T-1", "Firenze Express")
    (shipped,) = order.raised
    assert isinstance(shipped, OrderShippedEvent)
    assert (shipped.carrier, shipped.driver_id) == ("Firenze Express", None)
