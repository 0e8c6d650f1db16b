"""The order's state machine: every status, every move, and what leads where."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class OrderStatus(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    COOKING = "cooking"
    READY = "ready"
    DELIVERING = "delivering"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    CANCELLED = "cancelled"


class Move(StrEnum):
    CONFIRM = "confirm"
    COOK = "cook"
    READY = "ready"
    DISPATCH = "dispatch"
    DELIVER = "deliver"
    COLLECT = "collect"
    CANCEL = "cancel"


class FulfilmentType(StrEnum):
    DELIVERY = "delivery"
    PICKUP = "pickup"


@dataclass(frozen=True, slots=True)
class Transition:
    """A move is open from `sources`, for orders of `fulfilment` (None: any), and leads to `target`."""

    sources: frozenset[OrderStatus]
    target: OrderStatus
    fulfilment: FulfilmentType | None = None


TRANSITIONS: Mapping[Move, Transition] = {
    Move.CONFIRM: Transition(frozenset({OrderStatus.PENDING}), OrderStatus.CONFIRMED),
    Move.COOK: Transition(frozenset({OrderStatus.CONFIRMED}), OrderStatus.COOKING),
    Move.READY: Transition(frozenset({OrderStatus.COOKING}), OrderStatus.READY),
    Move.DISPATCH: Transition(frozenset({OrderStatus.READY}), OrderStatus.DELIVERING, FulfilmentType.DELIVERY),
    Move.DELIVER: Transition(frozenset({OrderStatus.DELIVERING}), OrderStatus.DELIVERED, FulfilmentType.DELIVERY),
    Move.COLLECT: Transition(frozenset({OrderStatus.READY}), OrderStatus.COLLECTED, FulfilmentType.PICKUP),
    Move.CANCEL: Transition(
        frozenset({OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.COOKING, OrderStatus.READY}),
        OrderStatus.CANCELLED,
    ),
}
#: Until it is on its way, a delivery may be given to a driver, or taken from him.
ASSIGNABLE = frozenset({OrderStatus.CONFIRMED, OrderStatus.COOKING, OrderStatus.READY})
CUSTOMER_MAY_CANCEL = frozenset({OrderStatus.PENDING, OrderStatus.CONFIRMED})


def is_open(move: Move, status: OrderStatus, fulfilment: FulfilmentType) -> bool:
    """Whether an order of this status and fulfilment allows a move."""
    transition = TRANSITIONS[move]
    return status in transition.sources and transition.fulfilment in (None, fulfilment)


def open_moves(status: OrderStatus, fulfilment: FulfilmentType) -> tuple[Move, ...]:
    """The moves that it allows, in the order of `Move`."""
    return tuple(move for move in Move if is_open(move, status, fulfilment))
