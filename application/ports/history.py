"""Taking in many orders of the past at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from application.analytics.facts import OrderFact
from domain.order import Order


@dataclass(frozen=True, slots=True)
class PastOrder:
    """An order that has been through its life, with the events that it raised on its way, and what they come to."""

    order: Order
    fact: OrderFact


class OrderHistory(Protocol):
    """Keeps orders of the past. Raises `StoreUnavailable`."""

    async def add(self, batch: Sequence[PastOrder], *, tell: Collection[str] = ()) -> list[bool]:
        """Write orders with their events, the events in the log, and their facts; says of each whether it is new.

        One whose id or idempotency key is taken stays as it is. Besides that nobody hears of their events but the
        handlers of the names in `tell`, once somebody delivers. What was begun and not finished by another process
        is finished when the same orders are added again, or when their events are delivered.
        """
        ...
