"""A tour follows its orders, and its orders follow it."""

from collections import defaultdict
from collections.abc import Sequence

from application.dispatch.handler import BatchEventHandler, EventHandler
from application.dispatch.retry import BatchFailed
from application.tour_desk import TourDesk
from domain.events import OrderCancelledEvent, OrderDeliveredEvent, OrderUnassignedEvent, TourStartedEvent

StopEvent = OrderDeliveredEvent | OrderCancelledEvent | OrderUnassignedEvent


class TourDispatchHandler(EventHandler[TourStartedEvent]):
    """Sends out each order of a tour that has started; one that cannot go any more is dropped from it."""

    def __init__(self, desk: TourDesk) -> None:
        self._desk = desk

    async def handle(self, event: TourStartedEvent) -> None:
        await self._desk.follow(event.aggregate_id)


class TourStopHandler(BatchEventHandler[OrderDeliveredEvent | OrderCancelledEvent | OrderUnassignedEvent]):
    """Settles the stop of an order that was delivered, cancelled, or taken from its driver."""

    def __init__(self, desk: TourDesk) -> None:
        self._desk = desk

    async def handle_batch(self, events: Sequence[StopEvent]) -> None:
        by_driver: dict[str, list[StopEvent]] = defaultdict(list)
        for event in events:
            if event.driver_id is not None:
                by_driver[event.driver_id].append(event)
        failures: dict[str, Exception] = {}
        for driver_id, his in by_driver.items():
            try:
                await self._desk.follow(driver_id, {event.aggregate_id for event in his})
            except Exception as failure:
                failures |= {event.event_id: failure for event in his}
        if failures:
            raise BatchFailed(failures)
