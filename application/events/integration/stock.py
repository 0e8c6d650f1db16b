"""A supplier reports a delivery: it is in the stock room."""

from application.commands.manage_stock import AdjustStockCommand
from application.dispatch.handler import EventHandler
from application.events.integration.refusals import verdict
from application.mediator import Mediator
from domain.errors import DomainError
from domain.events import StockDeliveredEvent
from domain.stock import MovementKind


class StockDeliveredHandler(EventHandler[StockDeliveredEvent]):
    """One movement in the ledger for each report, under a key made of the report's id: a repeat finds it there."""

    def __init__(self, mediator: Mediator) -> None:
        self._mediator = mediator

    async def handle(self, event: StockDeliveredEvent) -> None:
        try:
            await self._mediator.execute(
                AdjustStockCommand(
                    ingredient=event.ingredient,
                    kind=MovementKind.DELIVERY,
                    amount=event.amount,
                    reason=event.note,
                    by=event.source,
                    idempotency_key=f"{event.aggregate_type}:{event.aggregate_id}",
                )
            )
        except DomainError as refusal:
            raise verdict(refusal) from refusal
