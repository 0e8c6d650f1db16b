"""What can happen to a customer.

Who the customer is stands in the profile alone: these events name the fields that changed and tell no value of them, so
that an erasure leaves nothing to hunt for in what waits to be delivered.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.events.base import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerEvent(DomainEvent):
    """A fact about a customer."""

    aggregate_type: ClassVar[str] = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRegisteredEvent(CustomerEvent):
    """Somebody ordered for the first time, or for the first time since an erasure."""

    registered_time: datetime
    first_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerChangedEvent(CustomerEvent):
    """`fields` of the profile changed: by an order, or by `user_id` of the staff."""

    changed_time: datetime
    fields: tuple[str, ...]
    user_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerErasedEvent(CustomerEvent):
    """The profile is empty. What else tells of the person, in orders up to `last_order_id`, is to follow."""

    erased_time: datetime
    last_order_id: str
    user_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerErasureFinishedEvent(CustomerEvent):
    """Nothing that is kept here tells of the person any more."""

    finished_time: datetime
    last_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsRedeemedEvent(CustomerEvent):
    """Points were set aside to pay for an order, which comes next or never."""

    redeemed_time: datetime
    order_id: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsGivenBackEvent(CustomerEvent):
    """The order that points were set aside for never came."""

    given_back_time: datetime
    order_id: str
    points: int
