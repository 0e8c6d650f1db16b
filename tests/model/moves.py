"""The order's verbs, one for each move."""

from collections.abc import Sequence
from datetime import timedelta

from application.clock import utc_now
from domain.order import Order
from domain.order_lifecycle import Move
from tests.builders import LUIGI


def make_move(order: Order, move: Move) -> None:
    now = utc_now()
    match move:
        case Move.CONFIRM:
            order.confirm(now, now + timedelta(minutes=12))
        case Move.COOK:
            order.start_cooking(now, LUIGI)
        case Move.READY:
            order.mark_ready(now, LUIGI)
        case Move.DISPATCH:
            order.dispatch(now, "T-1", "Mario's own drivers")
        case Move.DELIVER:
            order.mark_delivered(now)
        case Move.COLLECT:
            order.collect(now)
        case Move.CANCEL:
            order.cancel(now, "changed my mind")


def make_moves(order: Order, picks: Sequence[int]) -> None:
    """As many moves as there are picks, each one of those that are open, while any is."""
    for pick in picks:
        if order.open_moves:
            make_move(order, order.open_moves[pick % len(order.open_moves)])
