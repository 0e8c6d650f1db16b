"""The drivers' last positions in SQLite."""

import sqlite3
from collections.abc import Sequence

from application.ports.driver_positions import DriverPosition, newest_of_each
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms

_KEEP_NEWER = (
    "INSERT INTO driver_positions (driver_id, latitude, longitude, at) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (driver_id) DO UPDATE SET latitude = excluded.latitude, longitude = excluded.longitude,"
    " at = excluded.at WHERE excluded.at > at"
)


class SqliteDriverPositions:
    """Implements `application.ports.driver_positions.DriverPositions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def report(self, positions: Sequence[DriverPosition]) -> None:
        rows = [(p.driver_id, p.latitude, p.longitude, to_ms(p.at)) for p in newest_of_each(positions)]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(_KEEP_NEWER, rows)

        await self._database.write(write, haste=False)

    async def list(self, *, limit: int) -> list[DriverPosition]:
        rows = self._database.read(
            "SELECT driver_id, latitude, longitude, at FROM driver_positions ORDER BY at DESC, driver_id LIMIT ?",
            (limit,),
        )
        return [
            DriverPosition(driver_id=driver_id, latitude=latitude, longitude=longitude, at=from_ms(at))
            for driver_id, latitude, longitude, at in rows
        ]
