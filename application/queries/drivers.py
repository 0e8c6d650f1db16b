"""Reading drivers: one, or a page of them."""

from dataclasses import dataclass

from application.mediator import Query
from application.ports.drivers import DriverQueries, DriverView
from domain.errors import NotFound


@dataclass(frozen=True, slots=True)
class GetDriverQuery(Query[DriverView]):
    driver_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDriversQuery(Query["DriverPage"]):
    """`cursor` is the `next_cursor` of the page before."""

    limit: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class DriverPage:
    """`next_cursor` is None on the last page."""

    drivers: list[DriverView]
    next_cursor: str | None


class GetDriverQueryHandler:
    def __init__(self, drivers: DriverQueries) -> None:
        self._drivers = drivers

    async def handle(self, query: GetDriverQuery) -> DriverView:
        """Raises `NotFound`, `StoreUnavailable`."""
        driver = await self._drivers.get(query.driver_id)
        if driver is None:
            raise NotFound(f"There is no driver '{query.driver_id}'. GET /api/drivers lists them.")
        return driver


class ListDriversQueryHandler:
    def __init__(self, drivers: DriverQueries) -> None:
        self._drivers = drivers

    async def handle(self, query: ListDriversQuery) -> DriverPage:
        found = await self._drivers.list(limit=query.limit + 1, after_id=query.cursor)
        page = found[: query.limit]
        return DriverPage(page, page[-1].id if len(found) > query.limit else None)
