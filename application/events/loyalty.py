"""Loyalty points: earned when an order is confirmed, taken back and given back when it is cancelled."""

from collections.abc import Iterator, Sequence

from application.customers.ids import CustomerIds
from application.dispatch.handler import BatchEventHandler
from application.loyalty_desk import points_for
from application.ports import OrderQueries, OrderView
from application.ports.loyalty import MovementKind, PointsLedger, PointsMovement
from domain.events import OrderCancelledEvent, OrderConfirmedEvent, OrderPlacedEvent

PointsEvent = OrderPlacedEvent | OrderConfirmedEvent | OrderCancelledEvent


class LoyaltyPointsHandler(BatchEventHandler[OrderPlacedEvent | OrderConfirmedEvent | OrderCancelledEvent]):
    """Every movement follows from the order alone, and has an id that does: the ledger is the same in the end whichever
    events come again, and whichever comes first."""

    ordered = False

    def __init__(self, ledger: PointsLedger, orders: OrderQueries, ids: CustomerIds) -> None:
        self._ledger = ledger
        self._orders = orders
        self._ids = ids

    async def handle_batch(self, events: Sequence[PointsEvent]) -> None:
        moving = [event for event in events if not isinstance(event, OrderPlacedEvent) or event.points_redeemed]
        if not moving:
            return
        orders = await self._orders.get_many(list({event.aggregate_id for event in moving}))
        movements = []
        for event in moving:
            order = orders.get(event.aggregate_id)
            if order and order.state.customer.phone:  # of one that was erased meanwhile, nobody has the points
                customer_id = await self._ids.of(order.state.customer.phone)
                movements += [
                    PointsMovement(
                        order_id=order.id, kind=kind, customer_id=customer_id, points=points, at=event.occurred_at
                    )
                    for kind, points in _movements(event, order)
                    if points
                ]
        await self._ledger.add(movements)


def _movements(event: PointsEvent, order: OrderView) -> Iterator[tuple[MovementKind, int]]:
    earned, redeemed = points_for(order.state.total_amount), order.state.points_redeemed
    if isinstance(event, OrderPlacedEvent):
        yield MovementKind.REDEEMED, -redeemed
    elif isinstance(event, OrderConfirmedEvent):
        yield MovementKind.EARNED, earned
    else:
        if order.state.confirmed_at:  # what was credited, or is yet to be
            yield MovementKind.TAKEN_BACK, -earned
        yield MovementKind.GIVEN_BACK, redeemed
