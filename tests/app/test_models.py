"""What is written by hand for speed has exactly the documented shape."""

import json
from datetime import timedelta

import pytest

from app.models.events import EventResponse, event_json
from app.models.order_responses import (
    OrderPageResponse,
    OrderResponse,
    PlacedOrderResponse,
    order_json,
    order_page_json,
)
from application.clock import utc_now
from application.ports import OrderView
from domain.order import Order
from tests.builders import DELIVERY, LUIGI, PICKUP, an_order


def _whole_life() -> list[Order]:
    """One order in each status."""
    now = utc_now()
    orders = [an_order(fulfilment=fulfilment, notes="x") for fulfilment in (DELIVERY, DELIVERY, PICKUP, DELIVERY)]
    delivered, cancelled, collected, _ = orders
    for order in (delivered, collected):
        order.confirm(now, now + timedelta(minutes=12))
        order.start_cooking(now, LUIGI)
        order.mark_ready(now, LUIGI)
    delivered.dispatch(now, "MP-1", "Firenze Express")
    delivered.mark_delivered(now)
    collected.collect(now)
    cancelled.cancel(now, "Changed my mind")
    return orders


@pytest.mark.parametrize("order", _whole_life(), ids=lambda order: order.state.status)
def test_an_order_is_written_as_it_is_documented(order: Order) -> None:
    written = json.loads(order_json(OrderView(order.id, 3, order.state)))
    read = OrderResponse.model_validate_json(json.dumps(written))

    assert read.model_dump(mode="json", by_alias=True).keys() == written.keys()
    assert (
        read.model_dump(by_alias=False).items()
        >= {
            "status": order.state.status,
            "total_amount": order.state.total_amount,
            "placed_at": order.state.placed_at,
            "delivered_at": order.state.delivered_at,
            "cancel_reason": order.state.cancel_reason,
            "tracking_number": order.state.tracking_number,
            "version": 3,
        }.items()
    )
    assert read.open_moves == list(order.open_moves)
    assert [line.line_total for line in read.items] == [line.line_total for line in order.state.items]


def test_a_new_order_and_a_page_are_written_as_documented() -> None:
    order = an_order()
    view = OrderView(order.id, 1, order.state)

    assert PlacedOrderResponse.model_validate_json(order_json(view, token="t")).token == "t"
    page = OrderPageResponse.model_validate_json(order_page_json([view, view], "next"))
    assert [found.id for found in page.items] == [order.id, order.id]
    assert page.next_cursor == "next"


@pytest.mark.parametrize("order", _whole_life(), ids=lambda order: order.state.status)
def test_events_are_written_as_they_are_documented(order: Order) -> None:
    for event in order.raised:
        read = EventResponse.model_validate_json(event_json(event))
        assert read.id == event.event_id
        assert read.version == event.aggregate_version
        assert read.type + "Event" == type(event).__name__
        assert not any("_" in name for name in read.data)
