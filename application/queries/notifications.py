"""Reading what became of notifications."""

from dataclasses import dataclass

from application.mediator import Query
from application.ports import OrderQueries
from application.ports.notifications import NotificationLog, NotificationRecord, NotificationStatus
from domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class GetOrderNotificationsQuery(Query[list[NotificationRecord]]):
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListNotificationsQuery(Query["NotificationPage"]):
    """`status` None: all of them. `cursor` is the `next_cursor` of the page before."""

    status: NotificationStatus | None
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class NotificationPage:
    """`next_cursor` is None on the last page."""

    items: list[NotificationRecord]
    next_cursor: str | None


class GetOrderNotificationsQueryHandler:
    def __init__(self, orders: OrderQueries, log: NotificationLog) -> None:
        self._orders = orders
        self._log = log

    async def handle(self, query: GetOrderNotificationsQuery) -> list[NotificationRecord]:
        """Raises `NotFound`, `StoreUnavailable`."""
        records = await self._log.of_order(query.order_id)
        if not records and await self._orders.get(query.order_id) is None:
            raise NotFound(f"There is no order '{query.order_id}'.")
        return records


class ListNotificationsQueryHandler:
    def __init__(self, log: NotificationLog) -> None:
        self._log = log

    async def handle(self, query: ListNotificationsQuery) -> NotificationPage:
        """Raises `StoreUnavailable`."""
        found = await self._log.list(query.status, limit=query.limit + 1, before_id=query.cursor)
        page = found[: query.limit]
        return NotificationPage(page, page[-1].id if len(found) > query.limit else None)
