"""What the application needs from outside: read sides of the store, the event log, and whom it tells."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.events import DomainEvent
from domain.kitchen import Ticket, TicketStatus
from domain.order_lifecycle import OrderStatus
from domain.order_state import OrderState


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order as it is read: its state under its id and version. Readers do not change `state`."""

    id: str
    version: int
    state: OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """Which orders: every part that is not None must hold. Placed at or after `placed_from`, and before `placed_to`."""

    status: OrderStatus | None = None
    customer_phone: str | None = None
    placed_from: datetime | None = None
    placed_to: datetime | None = None


class OrderQueries(Protocol):
    """Reads orders past the aggregate. Raises `StoreUnavailable`."""

    async def get(self, order_id: str) -> OrderView | None: ...

    async def get_many(self, order_ids: Iterable[str]) -> dict[str, OrderView]:
        """Those of these orders that there are, by id."""
        ...

    async def find_by_idempotency_key(self, key: str) -> OrderView | None: ...

    async def list(self, where: OrderFilter, *, limit: int, before_id: str | None) -> list[OrderView]:
        """Orders with an id below `before_id` (None: all), the newest first. Ids sort by the time of placing."""
        ...

    async def count_by_status(self, statuses: Sequence[OrderStatus], *, at_most: int) -> int:
        """How many orders are in these statuses, counted up to `at_most`."""
        ...


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """An event in the log. Positions start at 1 and rise by one: whoever has read to a position has missed nothing."""

    position: int
    recorded_at: datetime
    event: DomainEvent


class FollowedLog(Protocol):
    """The event log for whoever follows it. Raises `StoreUnavailable`."""

    async def after(self, position: int, limit: int) -> list[LoggedEvent]:
        """The events behind a position, in the order of their positions."""
        ...

    async def last_position(self) -> int: ...

    @property
    def appended(self) -> "Signal":
        """Fires when this process has appended. Other processes' events are found by looking."""
        ...


class EventLog(FollowedLog, Protocol):
    """Every event once, for ever, and nobody's name for longer than they agree to. Raises `StoreUnavailable`."""

    async def append(self, events: Sequence[DomainEvent]) -> None:
        """Write the events that are not there yet, in the given order."""
        ...

    async def of_aggregate(self, aggregate_id: str, *, after_version: int = 0) -> list[LoggedEvent]:
        """The events of one aggregate, in the order of their versions."""
        ...

    async def latest(
        self, limit: int, *, before: int | None = None, aggregate_id: str | None = None
    ) -> list[LoggedEvent]:
        """The newest first, those ahead of position `before` (None: all); of one aggregate where it is named."""
        ...

    async def erase(self, aggregate_ids: Sequence[str]) -> None:
        """Empty every personal field in the events of these aggregates. The events stay, where they are."""
        ...


class Signal:
    """Wakes everybody who waits, each time that it fires."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def fire(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        """Wait until it fires; False when `seconds` have passed without."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketChange:
    """A later event brought a ticket to `status`; a ticket that has seen this version or a later one ignores it."""

    order_id: str
    version: int
    status: TicketStatus
    cook: str | None
    updated_at: datetime


class TicketBoard(Protocol):
    """The kitchen's tickets, a read model: one document per order. Raises `StoreUnavailable`."""

    async def apply(self, changes: Sequence[Ticket | TicketChange]) -> None:
        """Open tickets where absent and change those that are behind, in the given order."""
        ...

    async def list(self, statuses: Sequence[TicketStatus], *, limit: int) -> list[Ticket]:
        """Tickets in these statuses, the one confirmed first at the top."""
        ...

    async def forget_notes(self, order_ids: Sequence[str]) -> None:
        """Drop what customers wrote on the tickets of these orders."""
        ...


class SecretStore(Protocol):
    """Keeps the secret that all replicas share. Raises `StoreUnavailable`."""

    async def get_or_create(self, name: str, candidate: bytes) -> bytes:
        """The secret under this name; the first caller's candidate becomes it."""
        ...


class CloudEventPublisher(Protocol):
    """Sends events to the world outside.

    Raises `Unavailable` when the sink refuses everybody, `Rejected` for what it will never take, `BatchFailed` where
    only some events failed.
    """

    #: How many aggregates' events it takes in one call, and how many calls at once.
    batch_size: int
    workers: int

    async def publish(self, events: Sequence[DomainEvent]) -> None: ...


class KitchenDisplay(Protocol):
    """A screen in the kitchen. Raises `Unavailable`, `Rejected`."""

    async def show(self, event: DomainEvent) -> None: ...
