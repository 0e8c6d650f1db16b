"""Place an order: price it from the menu, and keep it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.clock import utc_now
from application.loyalty_desk import LoyaltyDesk
from application.mediator import Command
from application.menu_card import MenuCard
from application.ports import OrderQueries, OrderView
from application.stock.desk import StockDesk
from application.telemetry import OrderTelemetry
from domain.errors import DomainError, DuplicateRequest, IdempotencyKeyReused, SoldOut, StoreUnavailable
from domain.identity import new_order_id
from domain.menu import Menu
from domain.order import Order
from domain.order_state import Customer, Fulfilment, OrderLine
from domain.repositories import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketItem:
    pizza: str
    size: str
    quantity: int
    extra_toppings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrderCommand(Command[OrderView]):
    """`idempotency_key`, where given, makes a repeat return the first order; `request_digest` tells whether a request
    under the same key really is a repeat."""

    customer: Customer
    fulfilment: Fulfilment
    items: tuple[BasketItem, ...]
    notes: str | None = None
    idempotency_key: str | None = None
    request_digest: str | None = None
    redeem_points: int = 0


class PlaceOrderCommandHandler:
    def __init__(
        self,
        orders: Repository[Order],
        *,
        queries: OrderQueries,
        menu: MenuCard,
        stock: StockDesk,
        loyalty: LoyaltyDesk,
        telemetry: OrderTelemetry,
    ) -> None:
        self._orders = orders
        self._queries = queries
        self._menu = menu
        self._loyalty = loyalty
        self._telemetry = telemetry

        self._stock = stock

    async def handle(self, command: PlaceOrderCommand) -> OrderView:
        """Raises `UnknownPizza`, `UnknownSize`, `UnknownTopping`, `NotAvailable`, `SoldOut`,
        `InvalidOrder`, `IdempotencyKeyReused`, `NotEnoughPoints`, `StoreUnavailable`."""
        menu = await self._menu.current()
        now = utc_now()
        order = Order.place(
            new_order_id(now),
            customer=command.customer,
            fulfilment=command.fulfilment,
            items=price_basket(menu, command.items),
            currency=menu.state.currency,
            now=now,
            notes=command.notes,
            idempotency_key=command.idempotency_key,
            request_digest=command.request_digest,
            discount=command.redeem_points * self._loyalty.point_value,
            points_redeemed=command.redeem_points,
        )
        needs = await self._stock.needs(order.state.items)
        keeper = self._loyalty if command.redeem_points else self._orders
        try:
            await (self._add_reserved(order, needs, keeper) if needs else keeper.add(order))
        except DuplicateRequest:
            return await self._placed_before(command)
        self._telemetry.placed(order.state)
        return OrderView(order.id, order.version, order.state)

    async def _add_reserved(
        self, order: Order, needs: Mapping[str, int], keeper: LoyaltyDesk | Repository[Order]
    ) -> None:
        """First the stock, then the order. A crash between the two leaves a reservation that is swept away later."""
        try:
            await self._expect_new(order)
            await self._stock.reserve(order.id, order.state.items, needs, order.state.placed_at)
        except SoldOut:
            await self._expect_new(order)  # perhaps it was sold to an earlier try of the same
            raise
        try:
            await keeper.add(order)
        except StoreUnavailable:
            raise  # it may be there, or come yet: time will tell
        except DomainError:
            await self._stock.give_back([order.id], order.state.placed_at)
            raise

    async def _expect_new(self, order: Order) -> None:
        """Raise `DuplicateRequest` for a repeat, which has its stock already."""
        key = order.state.idempotency_key
        before = await self._queries.find_by_idempotency_key(key) if key else None
        if before:
            raise DuplicateRequest(before.id)

    async def _placed_before(self, command: PlaceOrderCommand) -> OrderView:
        key = command.idempotency_key
        before = await self._queries.find_by_idempotency_key(key) if key else None
        if before is None or before.state.request_digest != command.request_digest:
            raise IdempotencyKeyReused("This Idempotency-Key came with another order before. Use a new key.")
        return before


def price_basket(menu: Menu, items: Sequence[BasketItem]) -> tuple[OrderLine, ...]:
    """Raises `UnknownPizza`, `UnknownSize`, `UnknownTopping`, `NotAvailable`, naming the item."""
    return tuple(
        menu.price_line(item.pizza, item.size, item.quantity, item.extra_toppings, at=f"/items/{index}")
        for index, item in enumerate(items)
    )
