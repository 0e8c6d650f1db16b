"""Where the drivers are."""

from dataclasses import dataclass

from application.mediator import Query
from application.ports.driver_positions import DriverPosition, DriverPositions


@dataclass(frozen=True, slots=True)
class ListDriverPositionsQuery(Query[list[DriverPosition]]):
    """The last position of each driver, the newest first."""

    limit: int


class ListDriverPositionsQueryHandler:
    def __init__(self, positions: DriverPositions) -> None:
        self._positions = positions

    async def handle(self, query: ListDriverPositionsQuery) -> list[DriverPosition]:
        return await self._positions.list(limit=query.limit)
