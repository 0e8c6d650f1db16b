"""What analytics knows of an order, and how its events make it."""

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from domain.events import (
    CookingStartedEvent,
    DomainEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderCustomerErasedEvent,
    OrderDeliveredEvent,
    OrderPlacedEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)
from domain.order_lifecycle import OrderStatus

FactEvent = (
    OrderPlacedEvent
    | OrderConfirmedEvent
    | CookingStartedEvent
    | OrderReadyEvent
    | OrderShippedEvent
    | OrderDeliveredEvent
    | OrderCollectedEvent
    | OrderCancelledEvent
    | OrderCustomerErasedEvent
)
#: The status that each event brings an order to, and the field that keeps when.
_MOVES: Mapping[type[DomainEvent], tuple[OrderStatus, str]] = {
    OrderConfirmedEvent: (OrderStatus.CONFIRMED, "confirmed_at"),
    CookingStartedEvent: (OrderStatus.COOKING, "cooking_at"),
    OrderReadyEvent: (OrderStatus.READY, "ready_at"),
    OrderShippedEvent: (OrderStatus.DELIVERING, "dispatched_at"),
    OrderDeliveredEvent: (OrderStatus.DELIVERED, "finished_at"),
    OrderCollectedEvent: (OrderStatus.COLLECTED, "finished_at"),
    OrderCancelledEvent: (OrderStatus.CANCELLED, "finished_at"),
}
#: An order is late from this many seconds after the time that was estimated on.
LATE_SECONDS = 300


class FactLine(NamedTuple):
    """`amount` is for all of `quantity`, toppings included, in minor units."""

    pizza: str
    size: str
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact:
    """An order as of the event of `version`; `customer` is a key that does not tell who that is."""

    order_id: str
    version: int
    placed_at: datetime
    status: str
    fulfilment: str
    currency: str
    total_amount: int
    pizza_count: int
    lines: tuple[FactLine, ...]
    customer: str | None = None
    confirmed_at: datetime | None = None
    estimated_ready_at: datetime | None = None
    cooking_at: datetime | None = None
    ready_at: datetime | None = None
    dispatched_at: datetime | None = None
    finished_at: datetime | None = None
    cook: str | None = None
    carrier: str | None = None

    @property
    def discount(self) -> int:
        """By how much the total is below the sum of the lines."""
        return sum(line.amount for line in self.lines) - self.total_amount

    @property
    def seconds_waiting(self) -> float | None:
        """Confirmed, until somebody cooked it."""
        return _seconds(self.confirmed_at, self.cooking_at)

    @property
    def seconds_cooking(self) -> float | None:
        return _seconds(self.cooking_at, self.ready_at)

    @property
    def seconds_in_kitchen(self) -> float | None:
        """Confirmed, until ready."""
        return _seconds(self.confirmed_at, self.ready_at)

    @property
    def seconds_on_its_way(self) -> float | None:
        arrived = self.finished_at if self.status == OrderStatus.DELIVERED else None
        return _seconds(self.dispatched_at, arrived)

    @property
    def seconds_late(self) -> float | None:
        """How long after the estimate it was ready; negative where it was early."""
        if self.ready_at is None or self.estimated_ready_at is None:
            return None
        return (self.ready_at - self.estimated_ready_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """A later event gives these fields of an `OrderFact` other values."""

    order_id: str
    version: int
    changed: Mapping[str, object]


class CustomerKeys:
    """Turns a phone number into a key that is always the same, and that nobody can turn back."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def of(self, phone: str) -> str | None:
        """15 hexadecimal digits, which are 60 bits: what Python adds up fastest. None where there is no number."""
        return hmac.digest(self._secret, phone.encode(), sha256).hex()[:15] if phone else None


@dataclass(slots=True)
class Folded:
    """What an order's events have come to so far; `whole` where the first one is among them."""

    order_id: str
    version: int = 0
    whole: bool = False
    values: dict[str, Any] = field(default_factory=dict)

    def take(self, event: FactEvent, keys: CustomerKeys) -> None:
        """Events come in order; one that is behind changes nothing."""
        if event.aggregate_version <= self.version:
            return
        self.version = event.aggregate_version
        if isinstance(event, OrderPlacedEvent):
            self.whole = True
            self.values = _placed(event, keys)
        else:
            self.values |= _changed(event)

    def result(self) -> OrderFact | FactChange:
        if self.whole:
            return OrderFact(order_id=self.order_id, version=self.version, **self.values)
        return FactChange(order_id=self.order_id, version=self.version, changed=self.values)


def fold(events: Iterable[DomainEvent], keys: CustomerKeys) -> list[OrderFact | FactChange]:
    """One fact or change of each order; events that facts have nothing to do with are passed over."""
    orders: dict[str, Folded] = {}
    for event in events:
        if isinstance(event, FactEvent):
            folded = orders.get(event.aggregate_id)
            if folded is None:
                folded = orders[event.aggregate_id] = Folded(event.aggregate_id)
            folded.take(event, keys)
    return [folded.result() for folded in orders.values()]


def _placed(event: OrderPlacedEvent, keys: CustomerKeys) -> dict[str, object]:
    return {
        "placed_at": event.placed_time,
        "status": OrderStatus.PENDING.value,
        "fulfilment": event.fulfilment,
        "currency": event.currency,
        "total_amount": event.total_amount,
        "pizza_count": event.pizza_count,
        "lines": tuple(FactLine(item.pizza, item.size, item.quantity, item.line_total) for item in event.items),
        "customer": keys.of(event.customer_phone),
    }


def _changed(event: FactEvent) -> dict[str, object]:
    if isinstance(event, OrderCustomerErasedEvent):
        return {"customer": None}  # it counts on, as one that names nobody
    status, moment = _MOVES[type(event)]
    changed: dict[str, object] = {"status": status.value, moment: event.occurred_at}
    match event:
        case OrderConfirmedEvent():
            changed["estimated_ready_at"] = event.estimated_ready_time
        case CookingStartedEvent():
            changed["cook"] = event.user_name
        case OrderShippedEvent():
            changed["carrier"] = event.carrier
    return changed


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    """A clock that was set back meanwhile makes no negative time."""
    return None if start is None or end is None else max(0.0, (end - start).total_seconds())
