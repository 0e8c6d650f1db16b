"""The ledger of the stock room: what moved, when and why. What is on hand is the sum of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MovementKind(StrEnum):
    OPENING = "opening"
    DELIVERY = "delivery"
    CORRECTION = "correction"
    RESERVED = "reserved"
    DEDUCTED = "deducted"
    RELEASED = "released"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """How many units there are, and how many of those are promised to orders."""

    on_hand: int = 0
    reserved: int = 0

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """A line of the ledger, once under its `id`: by how much it changes what is on hand and what is reserved."""

    id: str
    ingredient: str
    kind: MovementKind
    on_hand: int = 0
    reserved: int = 0
    at: datetime
    order_id: str | None = None
    reason: str | None = None
    by: str | None = None

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


def reservations(order_id: str, needs: Mapping[str, int], now: datetime) -> list[Movement]:
    """Promise an order what it needs, by ingredient."""
    return [
        Movement(
            id=f"{order_id}:reserved:{ingredient}",
            ingredient=ingredient,
            kind=MovementKind.RESERVED,
            reserved=amount,
            at=now,
            order_id=order_id,
        )
        for ingredient, amount in needs.items()
    ]


def deductions(history: Iterable[Movement], now: datetime) -> list[Movement]:
    """Take what orders had reserved. `history` is all that the ledger has of them."""
    known = {movement.id: movement for movement in history}
    return [_closing(made, MovementKind.DEDUCTED, now) for made in _reserved(known) if closing_id(made) not in known]


def givings_back(history: Iterable[Movement], now: datetime, *, cooked: bool) -> list[Movement]:
    """Free what an order had reserved, and return what it had taken, unless it was cooked: that is gone."""
    known = {movement.id: movement for movement in history}
    moves: list[Movement] = []
    for made in _reserved(known):
        closing = known.get(closing_id(made))
        if closing is None:
            moves.append(_closing(made, MovementKind.DEDUCTED if cooked else MovementKind.RELEASED, now))
        elif closing.kind is MovementKind.DEDUCTED and not cooked:
            moves.append(_returning(made, now))
    return [move for move in moves if move.id not in known]


def _reserved(known: Mapping[str, Movement]) -> list[Movement]:
    return [movement for movement in known.values() if movement.kind is MovementKind.RESERVED]


def closing_id(made: Movement) -> str:
    """A reservation ends once: deducted and released have the same id, so that one of them counts."""
    return f"{made.order_id}:closed:{made.ingredient}"


def _closing(made: Movement, kind: MovementKind, now: datetime) -> Movement:
    return Movement(
        id=closing_id(made),
        ingredient=made.ingredient,
        kind=kind,
        on_hand=-made.reserved if kind is MovementKind.DEDUCTED else 0,
        reserved=-made.reserved,
        at=now,
        order_id=made.order_id,
    )


def _returning(made: Movement, now: datetime) -> Movement:
    return Movement(
        id=f"{made.order_id}:returned:{made.ingredient}",
        ingredient=made.ingredient,
        kind=MovementKind.RETURNED,
        on_hand=made.reserved,
        at=now,
        order_id=made.order_id,
    )
