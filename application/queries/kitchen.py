"""Reading the menu and the kitchen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.clock import utc_now
from application.mediator import Query
from application.menu_card import MenuCard
from application.ports import OrderQueries, TicketBoard
from domain.kitchen import Ticket, TicketStatus, estimate_ready_time
from domain.menu import Menu
from domain.order_lifecycle import OrderStatus

LONGEST_QUEUE = 1_000


@dataclass(frozen=True, slots=True)
class GetMenuQuery(Query[Menu]):
    pass


@dataclass(frozen=True, slots=True)
class GetKitchenQuery(Query["KitchenView"]):
    pass


@dataclass(frozen=True, slots=True)
class ListTicketsQuery(Query[list[Ticket]]):
    statuses: Sequence[TicketStatus]
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KitchenView:
    """Orders cooking and queued now, places in all, and when an order confirmed now would be ready."""

    capacity: int
    cooking: int
    queued: int
    next_ready_time: datetime


class GetMenuQueryHandler:
    def __init__(self, menu: MenuCard) -> None:
        self._menu = menu

    async def handle(self, query: GetMenuQuery) -> Menu:
        return await self._menu.current()


class GetKitchenQueryHandler:
    def __init__(self, orders: OrderQueries, capacity: int, cooking_time: timedelta) -> None:
        self._orders = orders
        self._capacity = capacity
        self._cooking_time = cooking_time

    async def handle(self, query: GetKitchenQuery) -> KitchenView:
        cooking = await self._orders.count_by_status((OrderStatus.COOKING,), at_most=LONGEST_QUEUE)
        queued = await self._orders.count_by_status((OrderStatus.CONFIRMED,), at_most=LONGEST_QUEUE)
        return KitchenView(
            capacity=self._capacity,
            cooking=cooking,
            queued=queued,
            next_ready_time=estimate_ready_time(utc_now(), cooking + queued, self._capacity, self._cooking_time),
        )


class ListTicketsQueryHandler:
    def __init__(self, board: TicketBoard) -> None:
        self._board = board

    async def handle(self, query: ListTicketsQuery) -> list[Ticket]:
        return await self._board.list(query.statuses, limit=query.limit)
