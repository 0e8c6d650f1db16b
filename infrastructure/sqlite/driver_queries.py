"""Reading drivers from SQLite."""

from typing import Any

import msgspec

from application.ports.drivers import DriverView
from domain.driver import DriverState
from infrastructure.sqlite.database import Database

_states = msgspec.json.Decoder(DriverState)


class SqliteDriverQueries:
    """Implements `application.ports.drivers.DriverQueries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, driver_id: str) -> DriverView | None:
        rows = self._database.read("SELECT id, version, state FROM drivers WHERE id = ?", (driver_id,))
        return _view(rows[0]) if rows else None

    async def list(self, *, limit: int, after_id: str | None) -> list[DriverView]:
        rows = self._database.read(
            "SELECT id, version, state FROM drivers WHERE id > ? ORDER BY id LIMIT ?", (after_id or "", limit)
        )
        return [_view(row) for row in rows]


def _view(row: tuple[Any, ...]) -> DriverView:
    return DriverView(row[0], row[1], _states.decode(row[2]))
