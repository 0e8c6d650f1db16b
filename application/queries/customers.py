"""Reading customers: one, their points, and all that is kept of them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from application.customers.ids import CustomerIds
from application.loyalty_desk import LoyaltyDesk
from application.mediator import Query
from application.ports import EventLog, LoggedEvent, OrderFilter, OrderQueries, OrderView
from application.ports.loyalty import PointsLedger, PointsMovement
from application.queries.orders import OrderPage
from domain.customer import CustomerProfile, CustomerState
from domain.errors import NotFound
from domain.repositories import Repository

EXPORT_PAGE = 200


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A profile as it is read. Readers do not change `state`."""

    id: str
    version: int
    state: CustomerState
    last_order_at: datetime | None


@dataclass(frozen=True, slots=True)
class PointsView:
    """`next_cursor` is None on the last page."""

    balance: int
    movements: list[PointsMovement]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class CustomerExport:
    """All that is kept of a person."""

    customer: CustomerView
    orders: list[OrderView]
    events: list[LoggedEvent]
    points: PointsView


@dataclass(frozen=True, slots=True)
class GetCustomerQuery(Query[CustomerView]):
    customer_id: str


@dataclass(frozen=True, slots=True)
class FindCustomerQuery(Query["CustomerView | None"]):
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCustomerOrdersQuery(Query[OrderPage]):
    """`cursor` is the `next_cursor` of the page before."""

    customer_id: str
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GetPointsQuery(Query[PointsView]):
    """`cursor` is the `next_cursor` of the page before."""

    customer_id: str
    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class ExportCustomerQuery(Query[CustomerExport]):
    customer_id: str


class CustomerReader:
    """What the queries share. Raises `StoreUnavailable`."""

    def __init__(self, customers: Repository[CustomerProfile], orders: OrderQueries) -> None:
        self._customers = customers
        self._orders = orders

    async def profile(self, customer_id: str) -> CustomerProfile:
        """Raises `NotFound`, for one that was erased too."""
        profile = await self._customers.find(customer_id)
        if profile is None or not profile.is_known:
            raise NotFound(f"There is no customer '{customer_id}'.")
        return profile

    async def view(self, profile: CustomerProfile) -> CustomerView:
        newest = await self.newest_order(profile)
        return CustomerView(profile.id, profile.version, profile.state, newest.state.placed_at if newest else None)

    async def newest_order(self, profile: CustomerProfile) -> OrderView | None:
        found = await self.orders(profile, limit=1)
        return found[0] if found else None

    async def orders(self, profile: CustomerProfile, *, limit: int, before: str | None = None) -> list[OrderView]:
        """The newest first, without those of somebody who had this number before and was erased."""
        of_person = OrderFilter(customer_phone=profile.state.phone)
        found = await self._orders.list(of_person, limit=limit, before_id=before)
        return [order for order in found if order.id > profile.state.erased_up_to]


class GetCustomerQueryHandler:
    def __init__(self, reader: CustomerReader) -> None:
        self._reader = reader

    async def handle(self, query: GetCustomerQuery) -> CustomerView:
        return await self._reader.view(await self._reader.profile(query.customer_id))


class FindCustomerQueryHandler:
    def __init__(self, customers: Repository[CustomerProfile], ids: CustomerIds, reader: CustomerReader) -> None:
        self._customers = customers
        self._ids = ids
        self._reader = reader

    async def handle(self, query: FindCustomerQuery) -> CustomerView | None:
        profile = await self._customers.find(await self._ids.of(query.phone))
        return await self._reader.view(profile) if profile and profile.is_known else None


class ListCustomerOrdersQueryHandler:
    def __init__(self, reader: CustomerReader) -> None:
        self._reader = reader

    async def handle(self, query: ListCustomerOrdersQuery) -> OrderPage:
        profile = await self._reader.profile(query.customer_id)
        found = await self._reader.orders(profile, limit=query.limit + 1, before=query.cursor)
        page = found[: query.limit]
        return OrderPage(page, page[-1].id if len(found) > query.limit else None)


class GetPointsQueryHandler:
    def __init__(self, reader: CustomerReader, ledger: PointsLedger, desk: LoyaltyDesk) -> None:
        self._reader = reader
        self._ledger = ledger
        self._desk = desk

    async def handle(self, query: GetPointsQuery) -> PointsView:
        profile = await self._reader.profile(query.customer_id)
        account = await self._desk.account(profile)
        found = await self._ledger.list(
            profile.id, after_order=profile.state.erased_up_to, limit=query.limit + 1, before=query.cursor
        )
        page = found[: query.limit]
        return PointsView(account.balance, page, page[-1].id if len(found) > query.limit else None)


class ExportCustomerQueryHandler:
    def __init__(self, reader: CustomerReader, log: EventLog, points: GetPointsQueryHandler) -> None:
        self._reader = reader
        self._log = log
        self._points = points

    async def handle(self, query: ExportCustomerQuery) -> CustomerExport:
        profile = await self._reader.profile(query.customer_id)
        orders = [order async for order in self._all_orders(profile)]
        events = await self._log.of_aggregate(profile.id)
        for order in orders:
            events += await self._log.of_aggregate(order.id)
        return CustomerExport(await self._reader.view(profile), orders, events, await self._all_points(profile.id))

    async def _all_orders(self, profile: CustomerProfile) -> AsyncIterator[OrderView]:
        before: str | None = None
        while page := await self._reader.orders(profile, limit=EXPORT_PAGE, before=before):
            for order in page:
                yield order
            before = page[-1].id

    async def _all_points(self, customer_id: str) -> PointsView:
        query = GetPointsQuery(customer_id=customer_id, limit=EXPORT_PAGE)
        page = await self._points.handle(query)
        movements = list(page.movements)
        while page.next_cursor:
            page = await self._points.handle(
                GetPointsQuery(customer_id=customer_id, limit=EXPORT_PAGE, cursor=page.next_cursor)
            )
            movements += page.movements
        return PointsView(page.balance, movements, None)
