"""An order as clients see it: the documented shape, and a fast writer of exactly that shape."""

from datetime import datetime
from typing import Any

import msgspec
from pydantic import Field

from app.models.base import Amount, OrderId, ResponseModel, Version, example
from application.ports import OrderView
from domain.order_lifecycle import FulfilmentType, Move, OrderStatus, open_moves

ORDER_EXAMPLE: dict[str, Any] = {
    "id": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3",
    "version": 1,
    "status": "pending",
    "openMoves": ["confirm", "cancel"],
    "customer": {"name": "Ada Rossi", "phone": "+390551234567", "email": "ada@example.com"},
    "fulfilment": {
        "type": "delivery",
        "address": {"street": "Via Roma 1", "city": "Firenze", "postalCode": "50123"},
    },
    "items": [
        {
            "pizza": "margherita",
            "size": "large",
            "quantity": 2,
            "extraToppings": ["olives"],
            "unitPrice": 1819,
            "lineTotal": 3638,
        }
    ],
    "notes": "Ring twice",
    "currency": "USD",
    "totalAmount": 3638,
    "paid": 0,
    "due": 3638,
    "overpaid": 0,
    "discount": 0,
    "pointsRedeemed": 0,
    "pizzaCount": 2,
    "estimatedReadyTime": None,
    "placedAt": "2026-05-04T18:30:00.125Z",
    "confirmedAt": None,
    "cookingStartedAt": None,
    "cookedBy": None,
    "readyAt": None,
    "dispatchedAt": None,
    "trackingNumber": None,
    "carrier": None,
    "driverId": None,
    "driverName": None,
    "deliveredAt": None,
    "collectedAt": None,
    "cancelledAt": None,
    "cancelReason": None,
}
TOKEN_EXAMPLE = "q1V4y0d1kq9b7YQw2nD0pGqk3mZtq7m0sJY0v2l8xWc"  # noqa: S105 (an example)


class CustomerResponse(ResponseModel):
    name: str
    phone: str
    email: str | None


class AddressResponse(ResponseModel):
    street: str
    city: str
    postal_code: str


class FulfilmentResponse(ResponseModel):
    type: FulfilmentType
    address: AddressResponse | None


class OrderLineResponse(ResponseModel):
    pizza: str
    size: str
    quantity: int
    extra_toppings: list[str]
    unit_price: Amount = Field(description="For one pizza with its toppings, in minor units, as it was when placed.")
    line_total: Amount


class OrderResponse(ResponseModel):
    """Fields of steps that have not happened are null. Times are UTC."""

    model_config = example(ORDER_EXAMPLE)

    id: OrderId
    version: Version
    status: OrderStatus
    open_moves: list[Move] = Field(description="What can be done next: POST /api/orders/{id}/<move>.")
    customer: CustomerResponse
    fulfilment: FulfilmentResponse
    items: list[OrderLineResponse]
    notes: str | None
    currency: str = Field(description="ISO 4217")
    paid: Amount = Field(description="All that has been received.")
    due: Amount = Field(description="What is still to be paid; 0 for a cancelled order.")
    overpaid: Amount = Field(description="What is owed to the customer: all of it, for a cancelled order.")
    total_amount: Amount = Field(description="What is to be paid, the discount taken off.")
    discount: Amount = Field(description="What the redeemed points were worth.")
    points_redeemed: int
    pizza_count: int
    estimated_ready_time: datetime | None
    placed_at: datetime
    confirmed_at: datetime | None
    cooking_started_at: datetime | None
    cooked_by: str | None
    ready_at: datetime | None
    dispatched_at: datetime | None
    tracking_number: str | None
    carrier: str | None
    driver_id: str | None
    driver_name: str | None
    delivered_at: datetime | None
    collected_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str | None


class PlacedOrderResponse(OrderResponse):
    model_config = example({**ORDER_EXAMPLE, "token": TOKEN_EXAMPLE})

    token: str = Field(description="Whoever shows it (X-Order-Token) may read and cancel this order. Keep it secret.")


class OrderPageResponse(ResponseModel):
    model_config = example({"items": [ORDER_EXAMPLE], "nextCursor": ORDER_EXAMPLE["id"]})

    items: list[OrderResponse]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


OPEN_MOVES = {
    (status, fulfilment): open_moves(status, fulfilment) for status in OrderStatus for fulfilment in FulfilmentType
}
_encode = msgspec.json.Encoder().encode


def order_json(view: OrderView, **more: object) -> bytes:
    """Write an `OrderResponse`; a model of 30 fields would take six times as long, on the path of every order."""
    return _encode(_order(view) | more)


def order_page_json(views: list[OrderView], next_cursor: str | None) -> bytes:
    """Write an `OrderPageResponse`."""
    return _encode({"items": [_order(view) for view in views], "nextCursor": next_cursor})


def _order(view: OrderView) -> dict[str, object]:
    state = view.state
    customer = state.customer
    return {
        "id": view.id,
        "version": view.version,
        "status": state.status,
        "openMoves": OPEN_MOVES[state.status, state.fulfilment.type],
        "customer": {"name": customer.name, "phone": customer.phone, "email": customer.email},
        "fulfilment": _fulfilment(view),
        "items": _lines(view),
        "notes": state.notes,
        "currency": state.currency,
        "totalAmount": state.total_amount,
        "paid": state.paid,
        "due": state.due,
        "overpaid": state.overpaid,
        "discount": state.discount,
        "pointsRedeemed": state.points_redeemed,
        "pizzaCount": state.pizza_count,
        "estimatedReadyTime": state.estimated_ready_time,
        "placedAt": state.placed_at,
        "confirmedAt": state.confirmed_at,
        "cookingStartedAt": state.cooking_started_at,
        "cookedBy": state.cooked_by,
        "readyAt": state.ready_at,
        "dispatchedAt": state.dispatched_at,
        "trackingNumber": state.tracking_number,
        "carrier": state.carrier,
        "driverId": state.driver_id,
        "driverName": state.driver_name,
        "deliveredAt": state.delivered_at,
        "collectedAt": state.collected_at,
        "cancelledAt": state.cancelled_at,
        "cancelReason": state.cancel_reason,
    }


def _fulfilment(view: OrderView) -> dict[str, object]:
    address = view.state.fulfilment.address
    return {
        "type": view.state.fulfilment.type,
        "address": address and {"street": address.street, "city": address.city, "postalCode": address.postal_code},
    }


def _lines(view: OrderView) -> list[dict[str, object]]:
    return [
        {
            "pizza": line.pizza,
            "size": line.size,
            "quantity": line.quantity,
            "extraToppings": line.extra_toppings,
            "unitPrice": line.unit_price,
            "lineTotal": line.unit_price * line.quantity,
        }
        for line in view.state.items
    ]
