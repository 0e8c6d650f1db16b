"""What is read of drivers, past the aggregate."""

from dataclasses import dataclass
from typing import Protocol

from domain.driver import DriverState


@dataclass(frozen=True, slots=True)
class DriverView:
    """A driver as he is read: his state under his id and version. Readers do not change `state`."""

    id: str
    version: int
    state: DriverState


class DriverQueries(Protocol):
    """Reads drivers. Raises `StoreUnavailable`."""

    async def get(self, driver_id: str) -> DriverView | None: ...

    async def list(self, *, limit: int, after_id: str | None) -> list[DriverView]:
        """Drivers with an id above `after_id` (None: all), in the order of their ids."""
        ...
