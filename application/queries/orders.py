"""Reading orders: one, a page of them, or the audit trail of one."""

from dataclasses import dataclass

from application.mediator import Query
from application.ports import EventLog, LoggedEvent, OrderFilter, OrderQueries, OrderView
from domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class GetOrderQuery(Query[OrderView]):
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListOrdersQuery(Query["OrderPage"]):
    """`cursor` is the `next_cursor` of the page before."""

    where: OrderFilter
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class GetOrderEventsQuery(Query[list[LoggedEvent]]):
    order_id: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """`next_cursor` is None on the last page."""

    orders: list[OrderView]
    next_cursor: str | None


class GetOrderQueryHandler:
    def __init__(self, orders: OrderQueries) -> None:
        self._orders = orders

    async def handle(self, query: GetOrderQuery) -> OrderView:
        """Raises `NotFound`, `StoreUnavailable`."""
        order = await self._orders.get(query.order_id)
        if order is None:
            raise NotFound(f"There is no order '{query.order_id}'.")
        return order


class ListOrdersQueryHandler:
    def __init__(self, orders: OrderQueries) -> None:
        self._orders = orders

    async def handle(self, query: ListOrdersQuery) -> OrderPage:
        found = await self._orders.list(query.where, limit=query.limit + 1, before_id=query.cursor)
        page = found[: query.limit]
        return OrderPage(page, page[-1].id if len(found) > query.limit else None)


class GetOrderEventsQueryHandler:
    def __init__(self, orders: OrderQueries, log: EventLog) -> None:
        self._orders = orders
        self._log = log

    async def handle(self, query: GetOrderEventsQuery) -> list[LoggedEvent]:
        """Raises `NotFound`, `StoreUnavailable`."""
        events = await self._log.of_aggregate(query.order_id)
        if not events and await self._orders.get(query.order_id) is None:
            raise NotFound(f"There is no order '{query.order_id}'.")
        return events
