"""The kitchen's tickets in SQLite."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from application.ports import TicketChange
from domain.events import OrderedItem
from domain.kitchen import Ticket, TicketStatus
from infrastructure.serialization import to_json
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms

_COLUMNS = (
    "order_id, version, status, items, fulfilment, pizza_count, confirmed_at, estimated_ready_time,"
    " notes, cook, updated_at"
)
_OPEN = f"INSERT INTO tickets ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608
_CHANGE = (
    "UPDATE tickets SET version = ?, status = ?, cook = coalesce(?, cook), updated_at = ?"
    " WHERE order_id = ? AND version < ?"
)
_items = msgspec.json.Decoder(tuple[OrderedItem, ...])


class SqliteTicketBoard:
    """Implements `application.ports.TicketBoard`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, changes: Sequence[Ticket | TicketChange]) -> None:
        statements = [_statement(change) for change in changes]

        def write(connection: sqlite3.Connection) -> None:
            for sql, values in statements:
                connection.execute(sql, values)

        await self._database.write(write)

    async def list(self, statuses: Sequence[TicketStatus], *, limit: int) -> list[Ticket]:
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM tickets WHERE status IN ({_marks(statuses)})"  # noqa: S608
            " ORDER BY confirmed_at, order_id LIMIT ?",
            (*statuses, limit),
        )
        return [_ticket(row) for row in rows]

    async def forget_notes(self, order_ids: Sequence[str]) -> None:
        rows = [(order_id,) for order_id in order_ids]

        def write(connection: sqlite3.Connection) -> None:
            connection.executemany("UPDATE tickets SET notes = NULL WHERE order_id = ?", rows)

        await self._database.write(write)
        await self._database.empty_journal()


def _statement(change: Ticket | TicketChange) -> tuple[str, tuple[object, ...]]:
    if isinstance(change, TicketChange):
        updated_at = to_ms(change.updated_at)
        values = (change.version, change.status, change.cook, updated_at, change.order_id, change.version)
        return _CHANGE, values
    return _OPEN, (
        change.order_id,
        change.version,
        change.status,
        to_json(change.items),
        change.fulfilment,
        change.pizza_count,
        to_ms(change.confirmed_at),
        to_ms(change.estimated_ready_time),
        change.notes,
        change.cook,
        to_ms(change.updated_at),
    )


def _ticket(row: tuple[Any, ...]) -> Ticket:
    order_id, version, status, items, fulfilment, pizza_count, confirmed, estimated, notes, cook, updated = row
    return Ticket(
        order_id=order_id,
        version=version,
        status=TicketStatus(status),
        items=_items.decode(items),
        fulfilment=fulfilment,
        pizza_count=pizza_count,
        confirmed_at=from_ms(confirmed),
        estimated_ready_time=from_ms(estimated),
        notes=notes,
        cook=cook,
        updated_at=from_ms(updated),
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
