"""Confirms orders without a hand, where the pizzeria wants that: once they are paid, or as they come."""

from enum import StrEnum

from application.commands.confirm_order import ConfirmOrderCommand
from application.dispatch.handler import EventHandler
from application.mediator import Mediator
from domain.errors import IllegalMove
from domain.events import OrderPlacedEvent, PaymentReceivedEvent


class ConfirmBy(StrEnum):
    """When an order is confirmed by itself; where never, this is no port and the reaction is off."""

    WHEN_PAID = "when_paid"
    AT_ONCE = "at_once"


class ConfirmByItselfHandler(EventHandler[OrderPlacedEvent | PaymentReceivedEvent]):
    """Asks the order, which is confirmed once: one that has moved on, or was cancelled, is left alone."""

    def __init__(self, mediator: Mediator, confirm: ConfirmBy) -> None:
        self._mediator = mediator
        self._confirm = confirm

    async def handle(self, event: OrderPlacedEvent | PaymentReceivedEvent) -> None:
        if not self._is_time(event):
            return
        try:
            await self._mediator.execute(ConfirmOrderCommand(order_id=event.aggregate_id))
        except IllegalMove:
            return

    def _is_time(self, event: OrderPlacedEvent | PaymentReceivedEvent) -> bool:
        if self._confirm is ConfirmBy.AT_ONCE:
            return isinstance(event, OrderPlacedEvent)
        due = event.total_amount if isinstance(event, OrderPlacedEvent) else event.due_amount
        return due <= 0
