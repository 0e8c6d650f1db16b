"""The ledger of loyalty points in SQLite."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from application.ports.loyalty import MovementKind, PointsMovement
from infrastructure.serialization import to_json
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms

_COLUMNS = "order_id, kind, customer_id, points, at"
_ADD = f"INSERT INTO points_movements (id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"  # noqa: S608
_BALANCE = (
    "SELECT coalesce(sum(points), 0) FROM points_movements WHERE customer_id = ? AND order_id > ?"
    " AND id NOT IN (SELECT value FROM json_each(?))"
)
_PRESENT = "SELECT id FROM points_movements WHERE id IN (SELECT value FROM json_each(?))"
_LIST = f"SELECT {_COLUMNS} FROM points_movements WHERE customer_id = ? AND order_id > ?"  # noqa: S608
_BEHIND = " AND (at, id) < (SELECT at, id FROM points_movements WHERE id = ?)"


class SqlitePointsLedger:
    """Implements `application.ports.loyalty.PointsLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, movements: Sequence[PointsMovement]) -> None:
        rows = [(m.id, m.order_id, m.kind, m.customer_id, m.points, to_ms(m.at)) for m in movements]

        def insert(connection: sqlite3.Connection) -> None:
            connection.executemany(_ADD, rows)

        if rows:
            await self._database.write(insert, haste=False)

    async def balance(self, customer_id: str, *, after_order: str = "", without: Sequence[str] = ()) -> int:
        return int(self._database.read(_BALANCE, (customer_id, after_order, _array(without)))[0][0])

    async def present(self, movement_ids: Sequence[str]) -> set[str]:
        return {found for (found,) in self._database.read(_PRESENT, (_array(movement_ids),))}

    async def list(
        self, customer_id: str, *, after_order: str = "", limit: int, before: str | None = None
    ) -> list[PointsMovement]:
        behind, position = (_BEHIND, (before,)) if before else ("", ())
        rows = self._database.read(
            f"{_LIST}{behind} ORDER BY at DESC, id DESC LIMIT ?", (customer_id, after_order, *position, limit)
        )
        return [_movement(row) for row in rows]


def _array(ids: Sequence[str]) -> str:
    return to_json(list(ids)).decode()


def _movement(row: tuple[Any, ...]) -> PointsMovement:
    order_id, kind, customer_id, points, at = row
    return PointsMovement(
        order_id=order_id, kind=MovementKind(kind), customer_id=customer_id, points=points, at=from_ms(at)
    )
