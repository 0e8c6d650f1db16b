"""A driver: who he is, and the tour that he is on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from domain.aggregate import AggregateRoot
from domain.errors import DriverInactive, DriverOnTour, InvalidTour, StaleVersion
from domain.events import (
    DriverChangedEvent,
    DriverEvent,
    DriverRegisteredEvent,
    StopCompletedEvent,
    StopDroppedEvent,
    TourEndedEvent,
    TourStartedEvent,
)

MAX_STOPS = 20

E = TypeVar("E", bound=DriverEvent)


class StopStatus(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """An order on a tour. `number` counts from 1; `reason` says why it was dropped."""

    number: int
    order_id: str
    status: StopStatus = StopStatus.OPEN
    settled_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    id: str
    started_at: datetime
    stops: tuple[Stop, ...]

    @property
    def open_stops(self) -> tuple[Stop, ...]:
        return tuple(stop for stop in self.stops if stop.status is StopStatus.OPEN)

    def tracking_number(self, stop: Stop) -> str:
        """What the customer of this stop follows his parcel by."""
        return f"{self.id}-{stop.number}"


@dataclass(slots=True, kw_only=True)
class DriverState:
    name: str
    active: bool = True
    tour: Tour | None = None


class Driver(AggregateRoot[DriverState]):
    """Holds one tour at a time: his version sees to it, whoever starts another at the same moment."""

    @classmethod
    def register(cls, driver_id: str, name: str, now: datetime) -> "Driver":
        driver = cls(driver_id, DriverState(name=name))
        driver._record(DriverRegisteredEvent, now, registered_time=now, name=name)
        return driver

    @classmethod
    def restore(cls, driver_id: str, state: DriverState, version: int) -> "Driver":
        return cls(driver_id, state, version)

    def expect_version(self, expected: int | None) -> None:
        """Raise `StaleVersion` where the caller decided on another version than this one (None: any will do)."""
        if expected is not None and expected != self.version:
            raise StaleVersion(expected, self.version)

    def change(self, now: datetime, name: str, *, active: bool) -> None:
        """Give him another name, or take him off duty. Raises `DriverOnTour` for a driver who is still out."""
        if (name, active) == (self.state.name, self.state.active):
            return
        if not active:
            self.expect_free()
        self.state.name, self.state.active = name, active
        self._record(DriverChangedEvent, now, changed_time=now, name=name, active=active)

    def expect_active(self) -> None:
        """Raises `DriverInactive`."""
        if not self.state.active:
            raise DriverInactive(f"{self.state.name} is off duty. Put him back on duty, or choose another driver.")

    def expect_free(self) -> None:
        """Raises `DriverOnTour`."""
        if self.state.tour:
            left = len(self.state.tour.open_stops)
            raise DriverOnTour(f"{self.state.name} is on a tour with {left} stops to go. Choose another, or wait.")

    def start_tour(self, now: datetime, tour_id: str, order_ids: Sequence[str]) -> None:
        """Send him out with these orders. Raises `DriverInactive`, `DriverOnTour`, `InvalidTour`."""
        self.expect_active()
        self.expect_free()
        check_stops(order_ids)
        stops = tuple(Stop(number=number, order_id=order_id) for number, order_id in enumerate(order_ids, start=1))
        self.state.tour = Tour(id=tour_id, started_at=now, stops=stops)
        self._record(TourStartedEvent, now, started_time=now, tour_id=tour_id, stops=tuple(order_ids))

    def open_stop(self, order_id: str) -> Stop | None:
        """The stop at which this order waits to be delivered, if he has it with him."""
        stops = self.state.tour.open_stops if self.state.tour else ()
        return next((stop for stop in stops if stop.order_id == order_id), None)

    def is_taking(self, order_id: str, tour_id: str) -> bool:
        """Whether this order is an open stop of this very tour."""
        tour = self.state.tour
        return tour is not None and tour.id == tour_id and self.open_stop(order_id) is not None

    def complete_stop(self, now: datetime, order_id: str) -> None:
        """He has delivered this order; the last one ends the tour. Where he has no such stop, nothing happens."""
        if tour := self._settle(now, order_id, StopStatus.COMPLETED):
            self._record(StopCompletedEvent, now, completed_time=now, tour_id=tour.id, order_id=order_id)
            self._end_if_done(now)

    def drop_stop(self, now: datetime, order_id: str, reason: str) -> None:
        """He delivers this order no more; the last one ends the tour. Where he has no such stop, nothing happens."""
        if tour := self._settle(now, order_id, StopStatus.DROPPED, reason):
            self._record(StopDroppedEvent, now, dropped_time=now, tour_id=tour.id, order_id=order_id, reason=reason)
            self._end_if_done(now)

    def _settle(self, now: datetime, order_id: str, status: StopStatus, reason: str | None = None) -> Tour | None:
        """The tour, changed; None where there is nothing to settle."""
        tour, stop = self.state.tour, self.open_stop(order_id)
        if tour is None or stop is None:
            return None
        settled = replace(stop, status=status, settled_at=now, reason=reason)
        self.state.tour = replace(tour, stops=tuple(settled if other is stop else other for other in tour.stops))
        return self.state.tour

    def _end_if_done(self, now: datetime) -> None:
        tour = self.state.tour
        if tour is None or tour.open_stops:
            return
        outcomes = Counter(stop.status for stop in tour.stops)
        self.state.tour = None
        self._record(
            TourEndedEvent,
            now,
            started_time=tour.started_at,
            ended_time=now,
            tour_id=tour.id,
            completed=outcomes[StopStatus.COMPLETED],
            dropped=outcomes[StopStatus.DROPPED],
        )


def check_stops(order_ids: Sequence[str]) -> None:
    """Raises `InvalidTour` for none, too many, or the same order twice."""
    if not 1 <= len(order_ids) <= MAX_STOPS:
        raise InvalidTour(f"A tour has 1 to {MAX_STOPS} stops.", parameter="/orders")
    for index, order_id in enumerate(order_ids):
        if order_id in order_ids[:index]:
            raise InvalidTour("This order is on the tour twice.", parameter=f"/orders/{index}")
