"""Everything that can happen here, in the past tense: one module per kind of aggregate.

Amounts are integer minor units of the order's currency; times carry UTC.
"""

from domain.events.base import DomainEvent, without_person
from domain.events.customer import (
    CustomerChangedEvent,
    CustomerErasedEvent,
    CustomerErasureFinishedEvent,
    CustomerEvent,
    CustomerRegisteredEvent,
    PointsGivenBackEvent,
    PointsRedeemedEvent,
)
from domain.events.order import (
    CookingStartedEvent,
    KitchenPlaceWithdrawnEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderCustomerErasedEvent,
    OrderDeliveredEvent,
    OrderedItem,
    OrderEvent,
    OrderPlacedEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)

__all__ = [
    "CookingStartedEvent",
    "CustomerChangedEvent",
    "CustomerErasedEvent",
    "CustomerErasureFinishedEvent",
    "CustomerEvent",
    "CustomerRegisteredEvent",
    "DomainEvent",
    "KitchenPlaceWithdrawnEvent",
    "OrderCancelledEvent",
    "OrderCollectedEvent",
    "OrderConfirmedEvent",
    "OrderCustomerErasedEvent",
    "OrderDeliveredEvent",
    "OrderEvent",
    "OrderPlacedEvent",
    "OrderReadyEvent",
    "OrderShippedEvent",
    "OrderedItem",
    "PointsGivenBackEvent",
    "PointsRedeemedEvent",
    "without_person",
]
