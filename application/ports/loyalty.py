"""Loyalty points as they are kept: a ledger of movements, from which every balance is added up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class MovementKind(StrEnum):
    EARNED = "earned"
    TAKEN_BACK = "taken_back"
    REDEEMED = "redeemed"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsMovement:
    """`points` are above zero where the customer gets them. An order has one movement of each kind at most."""

    order_id: str
    kind: MovementKind
    customer_id: str
    points: int
    at: datetime

    @property
    def id(self) -> str:
        return movement_id(self.order_id, self.kind)


def movement_id(order_id: str, kind: MovementKind) -> str:
    """What makes each movement enter once, however often its event comes."""
    return f"{order_id}:{kind}"


class PointsLedger(Protocol):
    """`after_order` leaves out what belongs to orders up to this one. Raises `StoreUnavailable`."""

    async def add(self, movements: Sequence[PointsMovement]) -> None:
        """Write those that are not there yet."""
        ...

    async def balance(self, customer_id: str, *, after_order: str = "", without: Sequence[str] = ()) -> int:
        """The sum of a customer's movements, but for those with the ids in `without`: one look, at one moment."""
        ...

    async def present(self, movement_ids: Sequence[str]) -> set[str]:
        """Which of these movements the ledger has."""
        ...

    async def list(
        self, customer_id: str, *, after_order: str = "", limit: int, before: str | None = None
    ) -> list[PointsMovement]:
        """A customer's movements, the newest first; `before` is the id of the last one of the page before."""
        ...
