"""The kitchen hears of an order: its ticket, its place, its display."""

from collections.abc import Sequence

from application.dispatch.handler import BatchEventHandler, EventHandler
from application.kitchen.desk import KitchenDesk
from application.ports import KitchenDisplay, TicketBoard, TicketChange
from domain.events import (
    CookingStartedEvent,
    OrderCancelledEvent,
    OrderConfirmedEvent,
    OrderCustomerErasedEvent,
    OrderReadyEvent,
)
from domain.kitchen import Ticket, TicketStatus

KitchenEvent = OrderConfirmedEvent | CookingStartedEvent | OrderReadyEvent | OrderCancelledEvent


class KitchenTicketHandler(
    BatchEventHandler[
        OrderConfirmedEvent | CookingStartedEvent | OrderReadyEvent | OrderCancelledEvent | OrderCustomerErasedEvent
    ]
):
    """One ticket per order, under the order's id; a ticket ignores what it has seen."""

    def __init__(self, board: TicketBoard, desk: KitchenDesk) -> None:
        self._board = board
        self._desk = desk

    async def handle_batch(self, events: Sequence[KitchenEvent | OrderCustomerErasedEvent]) -> None:
        await self._board.apply([ticket_change(e) for e in events if not isinstance(e, OrderCustomerErasedEvent)])
        forgotten = [event.aggregate_id for event in events if isinstance(event, OrderCustomerErasedEvent)]
        if forgotten:
            await self._board.forget_notes(forgotten)
        finished = [event.aggregate_id for event in events if isinstance(event, OrderReadyEvent | OrderCancelledEvent)]
        if finished:
            await self._desk.free_places(finished)


class KitchenDisplayHandler(EventHandler[OrderConfirmedEvent | OrderCancelledEvent]):
    """Tells the display, where one is configured, what to cook and what no longer to."""

    def __init__(self, display: KitchenDisplay) -> None:
        self._display = display

    async def handle(self, event: OrderConfirmedEvent | OrderCancelledEvent) -> None:
        await self._display.show(event)


def ticket_change(event: KitchenEvent) -> Ticket | TicketChange:
    """What an event means for its order's ticket."""
    match event:
        case OrderConfirmedEvent():
            return Ticket(
                order_id=event.aggregate_id,
                status=TicketStatus.QUEUED,
                version=event.aggregate_version,
                items=event.items,
                fulfilment=event.fulfilment,
                pizza_count=event.pizza_count,
                confirmed_at=event.confirmed_time,
                estimated_ready_time=event.estimated_ready_time,
                notes=event.notes,
                updated_at=event.occurred_at,
            )
        case CookingStartedEvent():
            return _moved(event, TicketStatus.COOKING, event.user_name)
        case OrderReadyEvent():
            return _moved(event, TicketStatus.READY, event.user_name)
        case OrderCancelledEvent():
            return _moved(event, TicketStatus.CANCELLED, None)


def _moved(event: KitchenEvent, status: TicketStatus, cook: str | None) -> TicketChange:
    return TicketChange(
        order_id=event.aggregate_id,
        version=event.aggregate_version,
        status=status,
        cook=cook,
        updated_at=event.occurred_at,
    )
