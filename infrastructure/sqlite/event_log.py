"""The event log in SQLite: positions are row ids, and no row is ever deleted."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from application.clock import utc_now
from application.ports import LoggedEvent, Signal
from domain.events import DomainEvent, without_person
from infrastructure.serialization import decode_event, to_json
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms

_COLUMNS = "position, recorded_at, type, data"
#: Takes what `log_rows` makes. An event that is there already is passed over.
APPEND = (
    "INSERT INTO events (aggregate_id, aggregate_version, type, data, recorded_at) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (aggregate_id, aggregate_version, type) DO NOTHING"
)


def log_rows(events: Sequence[DomainEvent]) -> list[tuple[object, ...]]:
    now = to_ms(utc_now())
    return [(e.aggregate_id, e.aggregate_version, type(e).__name__, to_json(e), now) for e in events]


class SqliteEventLog:
    """Implements `application.ports.EventLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._appended = Signal()

    @property
    def appended(self) -> Signal:
        return self._appended

    async def append(self, events: Sequence[DomainEvent]) -> None:
        rows = log_rows(events)
        await self._database.write(lambda connection: connection.executemany(APPEND, rows), haste=False)
        self._appended.fire()

    async def of_aggregate(self, aggregate_id: str, *, after_version: int = 0) -> list[LoggedEvent]:
        return self._logged(
            f"SELECT {_COLUMNS} FROM events WHERE aggregate_id = ? AND aggregate_version > ?"  # noqa: S608
            " ORDER BY aggregate_version",
            (aggregate_id, after_version),
        )

    async def after(self, position: int, limit: int) -> list[LoggedEvent]:
        return self._logged(
            f"SELECT {_COLUMNS} FROM events WHERE position > ? ORDER BY position LIMIT ?",  # noqa: S608
            (position, limit),
        )

    async def latest(
        self, limit: int, *, before: int | None = None, aggregate_id: str | None = None
    ) -> list[LoggedEvent]:
        conditions = {"position < ?": before, "aggregate_id = ?": aggregate_id}
        given = {condition: value for condition, value in conditions.items() if value is not None}
        where = f"WHERE {' AND '.join(given)}" if given else ""
        return self._logged(
            f"SELECT {_COLUMNS} FROM events {where} ORDER BY position DESC LIMIT ?",  # noqa: S608
            (*given.values(), limit),
        )

    async def last_position(self) -> int:
        return int(self._database.read("SELECT coalesce(max(position), 0) FROM events")[0][0])

    async def erase(self, aggregate_ids: Sequence[str]) -> None:
        known = [entry for aggregate_id in aggregate_ids for entry in await self.of_aggregate(aggregate_id)]
        rows = [(to_json(without_person(entry.event)), entry.position) for entry in known]

        def overwrite(connection: sqlite3.Connection) -> None:
            connection.executemany("UPDATE events SET data = ? WHERE position = ?", rows)

        await self._database.write(overwrite)
        await self._database.empty_journal()

    def _logged(self, sql: str, parameters: tuple[Any, ...]) -> list[LoggedEvent]:
        rows = self._database.read(sql, parameters)
        return [
            LoggedEvent(position, from_ms(recorded_at), decode_event(type_name, data))
            for position, recorded_at, type_name, data in rows
        ]
