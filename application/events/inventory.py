"""The stock room hears of orders and of new pizzas."""

from collections.abc import Sequence

from application.dispatch.handler import BatchEventHandler, EventHandler
from application.stock.desk import StockDesk
from application.stock.opening import OpeningStock
from domain.events import OrderCancelledEvent, OrderConfirmedEvent, PizzaAddedToMenuEvent


class StockReservationHandler(BatchEventHandler[OrderConfirmedEvent | OrderCancelledEvent]):
    """What an order has reserved is taken when it is confirmed, and free again when it is cancelled; the ledger knows
    each of an order's movements by its id, so a repeat changes nothing."""

    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def handle_batch(self, events: Sequence[OrderConfirmedEvent | OrderCancelledEvent]) -> None:
        cancelled = {event.aggregate_id for event in events if isinstance(event, OrderCancelledEvent)}
        confirmed = {event.aggregate_id for event in events} - cancelled
        latest = max(event.occurred_at for event in events)
        if confirmed:
            await self._desk.deduct(confirmed, latest)
        if cancelled:
            await self._desk.give_back(cancelled, latest)


class StockNewPizzaHandler(EventHandler[PizzaAddedToMenuEvent]):
    """A pizza that joins the menu is stocked by itself, unless that is switched off."""

    workers = 1

    def __init__(self, opening: OpeningStock) -> None:
        self._opening = opening

    async def handle(self, event: PizzaAddedToMenuEvent) -> None:
        await self._opening.lay_in(event)
