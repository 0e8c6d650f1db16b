"""A tour follows its orders, and its orders follow it."""

from collections import defaultdict
from collections.abc import Sequence

from application.dispatch.handler import BatchEventHandler, EventHandler
from application.tour_desk import TourDesk
from domain.events import OrderCancelledEvent, OrderDeliveredEvent, TourStartedEvent

StopEvent = OrderDeliveredEvent | OrderCancelledEvent


class TourDispatchHandler(EventHandler[TourStartedEvent]):
    """Sends out each order of a tour that has started; one that cannot go any more is dropped from it."""

    def __init__(self, desk: TourDesk) -> None:
        self._desk = desk

    async def handle(self, event: TourStartedEvent) -> None:
        await self._desk.follow(event.aggregate_id)


class TourStopHandler(BatchEventHandler[OrderDeliveredEvent | OrderCancelledEvent]):
    """Settles the stop of an order that was delivered or cancelled. One that was taken from its driver cannot have been
    sent out: the start of the tour settles it."""

    def __init__(self, desk: TourDesk) -> None:
        self._desk = desk

    async def handle_batch(self, events: Sequence[StopEvent]) -> None:
        orders: dict[str, set[str]] = defaultdict(set)
        for event in events:
            if event.driver_id is not None:
                orders[event.driver_id].add(event.aggregate_id)
        for driver_id, order_ids in orders.items():
            await self._desk.follow(driver_id, order_ids)
