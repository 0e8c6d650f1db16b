"""The kitchen: how many orders it can cook at once, and when the next one will be ready."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.aggregate import AggregateRoot
from domain.errors import KitchenFull
from domain.events import OrderedItem

KITCHEN_ID = "kitchen"


class TicketStatus(StrEnum):
    QUEUED = "queued"
    COOKING = "cooking"
    READY = "ready"
    CANCELLED = "cancelled"


OPEN_TICKETS = (TicketStatus.QUEUED, TicketStatus.COOKING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What the kitchen sees of an order. `version` is the order's version that it was last brought up to."""

    order_id: str
    status: TicketStatus
    version: int
    items: tuple[OrderedItem, ...]
    fulfilment: str
    pizza_count: int
    confirmed_at: datetime
    estimated_ready_time: datetime
    notes: str | None = None
    cook: str | None = None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in the kitchen, taken by an order since a moment."""

    order_id: str
    taken_at: datetime


@dataclass(slots=True, kw_only=True)
class KitchenState:
    places: list[Place] = field(default_factory=list)


class Kitchen(AggregateRoot[KitchenState]):
    """The places where orders cook. Its version guards the capacity: two cooks cannot take the last place."""

    @classmethod
    def restore(cls, kitchen_id: str, state: KitchenState, version: int) -> "Kitchen":
        return cls(kitchen_id, state, version)

    def holds(self, order_id: str) -> bool:
        return any(place.order_id == order_id for place in self.state.places)

    def take_place(self, order_id: str, capacity: int, now: datetime) -> None:
        """Take a place for an order; taking it again changes nothing. Raises `KitchenFull`."""
        if self.holds(order_id):
            return
        if len(self.state.places) >= capacity:
            raise KitchenFull(f"All {capacity} places are taken. Finish an order first.")
        self.state.places.append(Place(order_id=order_id, taken_at=now))

    def free_places(self, order_ids: set[str]) -> bool:
        """Free the places of these orders; says whether any was taken."""
        kept = [place for place in self.state.places if place.order_id not in order_ids]
        freed = len(kept) < len(self.state.places)
        self.state.places = kept
        return freed


def estimate_ready_time(now: datetime, orders_ahead: int, capacity: int, cooking_time: timedelta) -> datetime:
    """When an order confirmed now will be ready: `capacity` orders cook at a time, each for `cooking_time`.

    With two places, the first two orders are ready after one cooking time, the next two after two.
    """
    return now + cooking_time * (orders_ahead // capacity + 1)
