"""The record of notifications in SQLite."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from application.ports.notifications import Channel, NotificationKind, NotificationRecord, NotificationStatus
from infrastructure.serialization import to_json
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms

_COLUMNS = "id, order_id, kind, channel, status, attempts, at, provider_id, error"
_SELECT = f"SELECT {_COLUMNS} FROM notifications"  # noqa: S608
_WRITE = (
    f"INSERT INTO notifications ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
    " ON CONFLICT DO UPDATE SET status = excluded.status, attempts = excluded.attempts, at = excluded.at,"
    " provider_id = excluded.provider_id, error = excluded.error WHERE notifications.status = 'failed'"
)


class SqliteNotificationLog:
    """Implements `application.ports.notifications.NotificationLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, records: Sequence[NotificationRecord]) -> None:
        rows = [_row(record) for record in records]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany(_WRITE, rows)

        await self._database.write(write, haste=False)

    async def find(self, ids: Sequence[str]) -> dict[str, NotificationRecord]:
        sql = f"{_SELECT} WHERE id IN (SELECT value FROM json_each(?))"  # noqa: S608
        rows = self._database.read(sql, (to_json(ids).decode(),))
        return {row[0]: _record(row) for row in rows}

    async def of_order(self, order_id: str) -> list[NotificationRecord]:
        rows = self._database.read(f"{_SELECT} WHERE order_id = ? ORDER BY id", (order_id,))
        return [_record(row) for row in rows]

    async def list(
        self, status: NotificationStatus | None, *, limit: int, before_id: str | None
    ) -> list[NotificationRecord]:
        conditions = ["1"]
        values: list[object] = []
        if status is not None:
            conditions.append("status = ?")
            values.append(status)
            if status is not NotificationStatus.SENT:
                conditions.append("status <> 'sent'")  # said so that the index is used, which is partial
        if before_id is not None:
            conditions.append("id < ?")
            values.append(before_id)
        sql = f"{_SELECT} WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?"
        return [_record(row) for row in self._database.read(sql, (*values, limit))]


def _row(record: NotificationRecord) -> tuple[object, ...]:
    return (
        record.id,
        record.order_id,
        record.kind,
        record.channel,
        record.status,
        record.attempts,
        to_ms(record.at),
        record.provider_id,
        record.error,
    )


def _record(row: tuple[Any, ...]) -> NotificationRecord:
    record_id, order_id, kind, channel, status, attempts, at, provider_id, error = row
    return NotificationRecord(
        id=record_id,
        order_id=order_id,
        kind=NotificationKind(kind),
        channel=Channel(channel),
        status=NotificationStatus(status),
        attempts=attempts,
        at=from_ms(at),
        provider_id=provider_id,
        error=error,
    )
