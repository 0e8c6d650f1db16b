"""The stock room: what is on hand and promised, and the ledger that says why."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from domain.inventory import Ingredient
from domain.stock import Level, Movement


class StockRoom(Protocol):
    """Levels are the sum of the ledger's movements, each of which counts once under its id, however often and from
    wherever it comes. What is available never falls below zero. Amounts in whole units of the ingredient.

    Raises `StoreUnavailable`; then what was asked for may have been done.
    """

    async def reserve(self, order_id: str, needs: Mapping[str, int], now: datetime) -> None:
        """Promise an order all that it needs, by ingredient, or nothing. The id is a new one's: given here once.

        Raises `SoldOut`, with what is available of the ingredients that do not suffice.
        """
        ...

    async def apply(self, movements: Sequence[Movement]) -> list[Movement]:
        """Count those that the ledger does not have yet, together; returns those that it had, as they stand there.

        Raises `NegativeStock` where less than nothing would be available: then none is counted.
        """
        ...

    async def levels(self) -> dict[str, Level]:
        """Of every ingredient that ever moved."""
        ...

    async def movements(self, *, ingredient: str | None, before: str | None, limit: int) -> list[Movement]:
        """The ledger, the newest first, from behind the movement with the id `before`."""
        ...

    async def of_orders(self, order_ids: Sequence[str]) -> list[Movement]:
        """All that the ledger has of these orders."""
        ...

    async def unseen(self, before: datetime, limit: int) -> list[str]:
        """Orders that reserved before a moment, and that nobody has marked as seen."""
        ...

    async def mark_seen(self, order_ids: Sequence[str]) -> None: ...


class Pantry(Protocol):
    """Reads ingredients past the repository. Raises `StoreUnavailable`."""

    async def list(self) -> list[Ingredient]:
        """All of them, by their ids."""
        ...
