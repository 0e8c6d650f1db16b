"""What can happen to a driver."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from domain.events.base import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverEvent(DomainEvent):
    """A fact about a driver."""

    aggregate_type: ClassVar[str] = "driver"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverRegisteredEvent(DriverEvent):
    registered_time: datetime
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverChangedEvent(DriverEvent):
    """His name, or whether he drives for the pizzeria at present."""

    changed_time: datetime
    name: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TourStartedEvent(DriverEvent):
    """`stops` are the ids of the orders that he takes along, in the order in which he goes to them."""

    started_time: datetime
    tour_id: str
    stops: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopCompletedEvent(DriverEvent):
    completed_time: datetime
    tour_id: str
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StopDroppedEvent(DriverEvent):
    """He goes there no more."""

    dropped_time: datetime
    tour_id: str
    order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TourEndedEvent(DriverEvent):
    """Nothing of the tour is left to do: so many stops were completed, so many dropped."""

    started_time: datetime
    ended_time: datetime
    tour_id: str
    completed: int
    dropped: int
