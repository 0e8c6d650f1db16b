"""Everything that can happen here, in the past tense: one module per kind of aggregate.

Amounts are integer minor units of the order's currency; times carry UTC.
"""

from domain.events.base import DomainEvent
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
    OrderRanLateEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)

__all__ = [
    "CookingStartedEvent",
    "DomainEvent",
    "KitchenPlaceWithdrawnEvent",
    "OrderCancelledEvent",
    "OrderCollectedEvent",
    "OrderConfirmedEvent",
    "OrderDeliveredEvent",
    "OrderEvent",
    "OrderPlacedEvent",
    "OrderRanLateEvent",
    "OrderReadyEvent",
    "OrderShippedEvent",
    "OrderedItem",
]
