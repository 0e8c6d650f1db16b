"""Where the drivers are: the last position that each has reported."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverPosition:
    """In degrees (WGS 84), at the moment `at`."""

    driver_id: str
    latitude: float
    longitude: float
    at: datetime


class DriverPositions(Protocol):
    """A read model: one position per driver. Raises `StoreUnavailable`."""

    async def report(self, positions: Sequence[DriverPosition]) -> None:
        """Keep those that are newer than what is known of their drivers, in whatever order they come."""
        ...

    async def list(self, *, limit: int) -> list[DriverPosition]:
        """The last position of each driver, the newest first."""
        ...


def newest_of_each(positions: Sequence[DriverPosition]) -> list[DriverPosition]:
    """One position per driver, of several; the first of those of the same moment."""
    newest: dict[str, DriverPosition] = {}
    for position in positions:
        known = newest.get(position.driver_id)
        if known is None or known.at < position.at:
            newest[position.driver_id] = position
    return list(newest.values())
