"""Everything that can happen here, in the past tense: one module per kind of aggregate.

Amounts are integer minor units of the order's currency; times carry UTC.
"""

from domain.events.base import DomainEvent
from domain.events.incoming import (
    DriverPositionReportedEvent,
    IncomingEvent,
    PaymentReportedEvent,
    PizzaCookedEvent,
)
from domain.events.order import (
    CookingStartedEvent,
    KitchenPlaceWithdrawnEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderDeliveredEvent,
    OrderedItem,
    OrderEvent,
    OrderPlacedEvent,
    OrderReadyEvent,
    OrderShippedEvent,
    PaymentReceivedEvent,
    RefundRequestedEvent,
)

__all__ = [
    "CookingStartedEvent",
    "DomainEvent",
    "DriverPositionReportedEvent",
    "IncomingEvent",
    "KitchenPlaceWithdrawnEvent",
    "OrderCancelledEvent",
    "OrderCollectedEvent",
    "OrderConfirmedEvent",
    "OrderDeliveredEvent",
    "OrderEvent",
    "OrderPlacedEvent",
    "OrderReadyEvent",
    "OrderShippedEvent",
    "OrderedItem",
    "PaymentReceivedEvent",
    "PaymentReportedEvent",
    "PizzaCookedEvent",
    "RefundRequestedEvent",
]
