"""What others report to us: their CloudEvents, each as a typed event of its own. They stay in the house."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.events.base import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingEvent(DomainEvent):
    """Somebody outside has told us something, by a CloudEvent; it occurred here when it was taken. `cloud_event_time`
    is when the sender says that it happened."""

    aggregate_type: ClassVar[str] = "incoming"
    published: ClassVar[bool] = False

    source: str
    cloud_event_id: str
    cloud_event_type: str
    cloud_event_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReportedEvent(IncomingEvent):
    order_id: str
    amount: int
    currency: str
    method: str
    payment_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PizzaCookedEvent(IncomingEvent):
    """The kitchen's display says that an order is cooked."""

    order_id: str
    cook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StockDeliveredEvent(IncomingEvent):
    """`amount` is in the ingredient's units."""

    ingredient: str
    amount: int
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverPositionReportedEvent(IncomingEvent):
    """In degrees (WGS 84), at the moment `at`."""

    driver_id: str
    latitude: float
    longitude: float
    at: datetime
