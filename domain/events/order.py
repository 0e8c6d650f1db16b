"""What can happen to an order."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.events.base import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEvent(DomainEvent):
    """A fact about an order."""

    aggregate_type: ClassVar[str] = "order"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedItem:
    """A line of an order as events tell it; `line_total` is for all of `quantity`, toppings included."""

    pizza: str
    size: str
    quantity: int
    extra_toppings: tuple[str, ...]
    line_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlacedEvent(OrderEvent):
    personal_fields: ClassVar[frozenset[str]] = frozenset(
        {"customer_name", "customer_phone", "customer_email", "delivery_address", "notes"}
    )

    placed_time: datetime
    customer_name: str
    customer_phone: str
    customer_email: str | None
    fulfilment: str
    delivery_address: str | None
    items: tuple[OrderedItem, ...]
    notes: str | None
    total_amount: int
    currency: str
    pizza_count: int
    #: What `points_redeemed` took off the total, in minor units.
    discount: int = 0
    points_redeemed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmedEvent(OrderEvent):
    personal_fields: ClassVar[frozenset[str]] = frozenset({"notes"})

    confirmed_time: datetime
    total_amount: int
    currency: str
    pizza_count: int
    items: tuple[OrderedItem, ...]
    fulfilment: str
    notes: str | None
    estimated_ready_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KitchenPlaceWithdrawnEvent(OrderEvent):
    """A place in the kitchen was held for the order, which then did not cook; somebody else has it now."""

    withdrawn_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CookingStartedEvent(OrderEvent):
    cooking_started_time: datetime
    user_id: str
    user_name: str
    estimated_ready_time: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReadyEvent(OrderEvent):
    ready_time: datetime
    estimated_ready_time: datetime | None
    user_id: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAssignedEvent(OrderEvent):
    """This driver, and no other, is to deliver it."""

    assigned_time: datetime
    driver_id: str
    driver_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderUnassignedEvent(OrderEvent):
    """It is nobody's again; `driver_id` had it before."""

    unassigned_time: datetime
    driver_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShippedEvent(OrderEvent):
    shipped_time: datetime
    tracking_number: str
    carrier: str
    driver_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDeliveredEvent(OrderEvent):
    delivered_time: datetime
    driver_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCollectedEvent(OrderEvent):
    collected_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelledEvent(OrderEvent):
    personal_fields: ClassVar[frozenset[str]] = frozenset({"reason"})

    cancelled_time: datetime
    reason: str
    driver_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceivedEvent(OrderEvent):
    """Money came in: `paid_amount` is all that has come so far, this payment included, `due_amount` what is still
    missing (0: nothing)."""

    received_time: datetime
    payment_id: str
    payment_method: str
    amount: int
    currency: str
    paid_amount: int
    due_amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequestedEvent(OrderEvent):
    """The order was cancelled, and this much of its money has to go back."""

    requested_time: datetime
    amount: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRanLateEvent(OrderEvent):
    """It was `ready` or `delivered` (`stage`) more than the time that is forgiven after it was due; `seconds_late` are
    counted from `due_time`."""

    stage: str
    due_time: datetime
    seconds_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCustomerErasedEvent(OrderEvent):
    """The order tells no more who placed it: whoever keeps a part of that under the order's id forgets it too."""

    erased_time: datetime
