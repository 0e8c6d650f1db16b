"""Everything that can happen here, in the past tense: one module per kind of aggregate.

Amounts are integer minor units of the order's currency; times carry UTC.
"""

from domain.events.base import (
    DomainEvent,
    without_person,
)
from domain.events.customer import (
    CustomerChangedEvent,
    CustomerErasedEvent,
    CustomerErasureFinishedEvent,
    CustomerEvent,
    CustomerRegisteredEvent,
    PointsGivenBackEvent,
    PointsRedeemedEvent,
)
from domain.events.driver import (
    DriverChangedEvent,
    DriverEvent,
    DriverRegisteredEvent,
    StopCompletedEvent,
    StopDroppedEvent,
    TourEndedEvent,
    TourStartedEvent,
)
from domain.events.incoming import (
    DriverPositionReportedEvent,
    IncomingEvent,
    PaymentReportedEvent,
    PizzaCookedEvent,
)
from domain.events.order import (
    CookingStartedEvent,
    KitchenPlaceWithdrawnEvent,
    OrderAssignedEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderCustomerErasedEvent,
    OrderDeliveredEvent,
    OrderedItem,
    OrderEvent,
    OrderPlacedEvent,
    OrderRanLateEvent,
    OrderReadyEvent,
    OrderShippedEvent,
    OrderUnassignedEvent,
    PaymentReceivedEvent,
    RefundRequestedEvent,
)

__all__ = [
    "CookingStartedEvent",
    "CustomerChangedEvent",
    "CustomerErasedEvent",
    "CustomerErasureFinishedEvent",
    "CustomerEvent",
    "CustomerRegisteredEvent",
    "DomainEvent",
    "DriverChangedEvent",
    "DriverEvent",
    "DriverPositionReportedEvent",
    "DriverRegisteredEvent",
    "IncomingEvent",
    "KitchenPlaceWithdrawnEvent",
    "OrderAssignedEvent",
    "OrderCancelledEvent",
    "OrderCollectedEvent",
    "OrderConfirmedEvent",
    "OrderCustomerErasedEvent",
    "OrderDeliveredEvent",
    "OrderEvent",
    "OrderPlacedEvent",
    "OrderRanLateEvent",
    "OrderReadyEvent",
    "OrderShippedEvent",
    "OrderUnassignedEvent",
    "OrderedItem",
    "PaymentReceivedEvent",
    "PaymentReportedEvent",
    "PizzaCookedEvent",
    "PointsGivenBackEvent",
    "PointsRedeemedEvent",
    "RefundRequestedEvent",
    "StopCompletedEvent",
    "StopDroppedEvent",
    "TourEndedEvent",
    "TourStartedEvent",
    "without_person",
]
