"""Customers: found or made by their orders, and forgotten on request."""

from collections.abc import Sequence

from application.customers.desk import CustomerDesk
from application.customers.eraser import CustomerEraser
from application.dispatch.handler import BatchEventHandler, EventHandler
from application.dispatch.retry import BatchFailed
from domain.events import CustomerErasedEvent, OrderPlacedEvent


class CustomerProfileHandler(BatchEventHandler[OrderPlacedEvent]):
    """One profile per phone number. It follows the orders that are there, so that an event which comes again, or late,
    has nothing to add."""

    ordered = False

    def __init__(self, desk: CustomerDesk) -> None:
        self._desk = desk

    async def handle_batch(self, events: Sequence[OrderPlacedEvent]) -> None:
        failures = await self._desk.meet(events)
        if failures:
            raise BatchFailed(failures)


class CustomerErasureHandler(EventHandler[CustomerErasedEvent]):
    """Goes through everything that tells of the person, as often as it takes."""

    workers = 1
    timeout = 300.0

    def __init__(self, eraser: CustomerEraser) -> None:
        self._eraser = eraser

    async def handle(self, event: CustomerErasedEvent) -> None:
        await self._eraser.erase(event.aggregate_id)
