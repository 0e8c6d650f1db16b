"""Takes orders of the past through the same aggregate as all others, at the times at which it was."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.analytics.facts import CustomerKeys, OrderFact, fold
from application.ports.history import PastOrder
from domain.identity import IdSource
from domain.order import Order
from domain.order_lifecycle import FulfilmentType, OrderStatus
from domain.order_state import Customer, Fulfilment, OrderLine, OrderState, StaffMember

CANCEL_REASON = "Cancelled before it was imported"


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricOrder:
    """What is known of an order of the past. `status` is the one it ended in; times that are None are derived."""

    external_id: str
    placed_at: datetime
    customer: Customer
    fulfilment: Fulfilment
    lines: Sequence[OrderLine]
    currency: str
    status: OrderStatus
    confirmed_at: datetime | None = None
    cooking_at: datetime | None = None
    ready_at: datetime | None = None
    dispatched_at: datetime | None = None
    finished_at: datetime | None = None
    cook: str = "import"
    driver: str = "import"


class ImportedOrder(Order):
    """Its events' ids follow from its own, so that a history that is taken in twice has the same events."""

    def __init__(self, aggregate_id: str, state: OrderState, version: int = 0) -> None:
        super().__init__(aggregate_id, state, version)
        self._ids = IdSource(aggregate_id)

    def _new_event_id(self, now: datetime, version: int) -> str:
        return self._ids.at(now, version)


def take_through(historic: HistoricOrder, cooking_time: timedelta, keys: CustomerKeys) -> PastOrder:
    """Its life from the placing to the end, with ids that follow from `external_id` and the time of placing.

    Raises `InvalidOrder`, `IllegalMove`.
    """
    order = ImportedOrder.place(
        IdSource(historic.external_id).at(historic.placed_at, 0),
        customer=historic.customer,
        fulfilment=historic.fulfilment,
        items=historic.lines,
        currency=historic.currency,
        now=historic.placed_at,
        # With a space, which no request can send.
        idempotency_key=f"import {historic.external_id}",
    )
    if historic.status is OrderStatus.CANCELLED:
        _cancel(order, historic, cooking_time)
    else:
        _finish(order, historic, cooking_time)
    (fact,) = fold(order.raised, keys)
    assert isinstance(fact, OrderFact)  # noqa: S101 - it begins with the placing
    return PastOrder(order, fact)


def _finish(order: Order, historic: HistoricOrder, cooking_time: timedelta) -> None:
    """A time that is not given is that of the step before; for ready, once the cooking time has passed."""
    cook = StaffMember(id=historic.cook, name=historic.cook)
    confirmed = historic.confirmed_at or historic.placed_at
    cooking = historic.cooking_at or confirmed
    done = cooking + cooking_time
    ready = historic.ready_at or min(done, historic.dispatched_at or historic.finished_at or done)
    dispatched = historic.dispatched_at or ready
    finished = historic.finished_at or dispatched
    order.confirm(confirmed, confirmed + cooking_time)
    order.start_cooking(cooking, cook)
    order.mark_ready(ready, cook)
    if order.state.fulfilment.type is FulfilmentType.DELIVERY:
        order.dispatch(dispatched, order.id, historic.driver)
        order.mark_delivered(finished)
    else:
        order.collect(finished)


def _cancel(order: Order, historic: HistoricOrder, cooking_time: timedelta) -> None:
    """As far as times are given, and then no further."""
    cook = StaffMember(id=historic.cook, name=historic.cook)
    last = historic.placed_at
    if historic.confirmed_at:
        last = historic.confirmed_at
        order.confirm(last, last + cooking_time)
        if historic.cooking_at:
            last = historic.cooking_at
            order.start_cooking(last, cook)
            if historic.ready_at:
                last = historic.ready_at
                order.mark_ready(last, cook)
    order.cancel(historic.finished_at or last, CANCEL_REASON)
