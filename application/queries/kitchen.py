"""Reading the menu and the kitchen."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from application.kitchen.load import KitchenLoad
from application.mediator import Query
from application.menu_card import MenuCard
from application.ports import TicketBoard
from domain.kitchen import Ticket, TicketStatus
from domain.menu import Menu
from domain.order_lifecycle import OrderStatus


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
    def __init__(self, load: KitchenLoad) -> None:
        self._load = load

    async def handle(self, query: GetKitchenQuery) -> KitchenView:
        cooking = await self._load.count(OrderStatus.COOKING)
        queued = await self._load.count(OrderStatus.CONFIRMED)
        return KitchenView(
            capacity=self._load.capacity,
            cooking=cooking,
            queued=queued,
            next_ready_time=self._load.ready_time(cooking + queued),
        )


class ListTicketsQueryHandler:
    def __init__(self, board: TicketBoard) -> None:
        self._board = board

    async def handle(self, query: ListTicketsQuery) -> list[Ticket]:
        return await self._board.list(query.statuses, limit=query.limit)
