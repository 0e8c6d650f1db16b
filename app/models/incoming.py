"""The CloudEvents that are known here: what each type's data look like, and which event of ours they become."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from app.models.base import MenuId, Notes, RequestModel, ResponseModel, ShortText, example
from app.models.inventory import MOST
from app.models.payments import Currency, PaidAmount, PaymentId
from domain.events import (
    DriverPositionReportedEvent,
    IncomingEvent,
    PaymentReportedEvent,
    PizzaCookedEvent,
    StockDeliveredEvent,
)
from domain.order_state import PaymentMethod
from infrastructure.cloudevents.grammar import parse_moment


def _moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("This should be a string, such as 2026-05-04T18:30:00Z")
    return parse_moment(value)


Id = Annotated[str, StringConstraints(pattern="^[!-~]{1,64}$")]
Moment = Annotated[datetime, BeforeValidator(_moment)]


class PaymentReported(RequestModel):
    order_id: Id
    amount: PaidAmount
    currency: Currency
    method: PaymentMethod = Field(strict=False)
    payment_id: PaymentId


class PizzaCooked(RequestModel):
    order_id: Id
    cook: ShortText


class StockDelivered(RequestModel):
    ingredient: MenuId
    amount: int = Field(ge=1, le=MOST)
    note: Notes | None = None


class DriverPositionReported(RequestModel):
    driver_id: Id
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    at: Moment


@dataclass(frozen=True, slots=True)
class KnownType:
    """`data` has the fields that `event_class` has beyond every incoming event's."""

    event_class: type[IncomingEvent]
    data: type[RequestModel]
    example: Mapping[str, Any]


KNOWN_TYPES: dict[str, KnownType] = {
    "com.mariopizzeria.payment.received.v1": KnownType(
        PaymentReportedEvent,
        PaymentReported,
        {
            "orderId": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3",
            "amount": 3638,
            "currency": "USD",
            "method": "online",
            "paymentId": "ch_3Q2e7",
        },
    ),
    "com.mariopizzeria.kitchen.cooked.v1": KnownType(
        PizzaCookedEvent, PizzaCooked, {"orderId": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3", "cook": "Luigi"}
    ),
    "com.mariopizzeria.stock.delivered.v1": KnownType(
        StockDeliveredEvent, StockDelivered, {"ingredient": "dough", "amount": 50, "note": "Mill, 4 May"}
    ),
    "com.mariopizzeria.driver.position.v1": KnownType(
        DriverPositionReportedEvent,
        DriverPositionReported,
        {"driverId": "gino", "latitude": 43.7696, "longitude": 11.2558, "at": "2026-05-04T18:30:00Z"},
    ),
}


class TakenEventsResponse(ResponseModel):
    """All of them are on disk, and will be handled; nothing that was sent before is handled again."""

    model_config = example({"new": 1, "repeated": 0, "ignored": 0})

    new: int
    repeated: int = Field(description="Had come before, under the same source and id.")
    ignored: int = Field(description="Of a type that nobody here knows.")


def cloud_event_example(type_name: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "evt-1042",
        "source": "/terminals/7",
        "type": type_name,
        "time": "2026-05-04T18:30:00Z",
        "datacontenttype": "application/json",
        "data": dict(KNOWN_TYPES[type_name].example),
    }
