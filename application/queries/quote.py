"""What a basket would cost, without placing it."""

from collections.abc import Sequence
from dataclasses import dataclass

from application.commands.place_order import BasketItem, price_basket
from application.mediator import Query
from application.menu_card import MenuCard
from application.stock.desk import StockDesk
from domain.order_rules import check_items
from domain.order_state import OrderLine


@dataclass(frozen=True, slots=True)
class QuoteOrderQuery(Query["Quote"]):
    items: Sequence[BasketItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Amounts in minor units of `currency`, at the prices of this moment."""

    lines: tuple[OrderLine, ...]
    currency: str
    total_amount: int
    pizza_count: int


class QuoteOrderQueryHandler:
    def __init__(self, menu: MenuCard, stock: StockDesk) -> None:
        self._menu = menu
        self._stock = stock

    async def handle(self, query: QuoteOrderQuery) -> Quote:
        """Raises what placing an order of these items would raise."""
        menu = await self._menu.current()
        lines = price_basket(menu, query.items)
        check_items(lines)
        await self._stock.check(lines)
        return Quote(
            lines=lines,
            currency=menu.state.currency,
            total_amount=sum(line.line_total for line in lines),
            pizza_count=sum(line.quantity for line in lines),
        )
