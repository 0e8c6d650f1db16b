"""The stock room in SQLite: levels and ledger change in one transaction."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.errors import NegativeStock, SoldOut
from domain.stock import Level, Movement, MovementKind, reservations
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms

_COLUMNS = "id, ingredient, kind, on_hand, reserved, at, order_id, reason, by_whom"
_INSERT = f"INSERT INTO stock_movements ({_COLUMNS}, unseen) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_CHANGE = (
    "INSERT INTO stock_levels (ingredient, on_hand, reserved) VALUES (?, ?, ?) ON CONFLICT (ingredient)"
    " DO UPDATE SET on_hand = on_hand + excluded.on_hand, reserved = reserved + excluded.reserved"
)


class SqliteStockRoom:
    """Implements `application.ports.stock.StockRoom`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, order_id: str, needs: Mapping[str, int], now: datetime) -> None:
        movements = reservations(order_id, needs, now)
        await self._database.write(lambda connection: _reserve(connection, movements))

    async def apply(self, movements: Sequence[Movement]) -> list[Movement]:
        wanted = {movement.id: movement for movement in movements}
        return await self._database.write(lambda connection: _apply(connection, wanted)) if wanted else []

    async def levels(self) -> dict[str, Level]:
        rows = self._database.read("SELECT ingredient, on_hand, reserved FROM stock_levels")
        return {ingredient: Level(on_hand=on_hand, reserved=reserved) for ingredient, on_hand, reserved in rows}

    async def movements(self, *, ingredient: str | None, before: str | None, limit: int) -> list[Movement]:
        conditions = {
            "ingredient = ?": ingredient,
            "position < (SELECT position FROM stock_movements WHERE id = ?)": before,
        }
        asked = {condition: value for condition, value in conditions.items() if value is not None}
        where = " AND ".join(["TRUE", *asked])
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM stock_movements WHERE {where} ORDER BY position DESC LIMIT ?",  # noqa: S608
            (*asked.values(), limit),
        )
        return [_movement(row) for row in rows]

    async def of_orders(self, order_ids: Sequence[str]) -> list[Movement]:
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM stock_movements WHERE order_id IN ({_marks(order_ids)})",  # noqa: S608
            order_ids,
        )
        return [_movement(row) for row in rows]

    async def unseen(self, before: datetime, limit: int) -> list[str]:
        rows = self._database.read(
            "SELECT DISTINCT order_id FROM stock_movements WHERE unseen IS NOT NULL AND at < ? LIMIT ?",
            (to_ms(before), limit),
        )
        return [order_id for (order_id,) in rows]

    async def mark_seen(self, order_ids: Sequence[str]) -> None:
        sql = f"UPDATE stock_movements SET unseen = NULL WHERE order_id IN ({_marks(order_ids)})"  # noqa: S608
        await self._database.write(lambda connection: connection.execute(sql, order_ids), haste=False)


def _reserve(connection: sqlite3.Connection, movements: list[Movement]) -> None:
    if _known(connection, [movement.id for movement in movements]):
        return
    levels = _levels(connection, [movement.ingredient for movement in movements])
    left = {movement.ingredient: levels.get(movement.ingredient, 0) for movement in movements}
    short = {made.ingredient: left[made.ingredient] for made in movements if left[made.ingredient] < made.reserved}
    if short:
        raise SoldOut(short)
    _write(connection, movements)


def _apply(connection: sqlite3.Connection, wanted: Mapping[str, Movement]) -> list[Movement]:
    known = _known(connection, list(wanted))
    there = {movement.id for movement in known}
    new = [movement for movement in wanted.values() if movement.id not in there]
    net: Counter[str] = Counter()
    for movement in new:
        net[movement.ingredient] += movement.available
    left = _levels(connection, list(net))
    for ingredient, change in net.items():
        if change < 0 and left.get(ingredient, 0) + change < 0:
            raise NegativeStock(ingredient, left.get(ingredient, 0))
    _write(connection, new)
    return known


def _write(connection: sqlite3.Connection, movements: Iterable[Movement]) -> None:
    for m in movements:
        unseen = 1 if m.kind is MovementKind.RESERVED else None
        row = (m.id, m.ingredient, m.kind, m.on_hand, m.reserved, to_ms(m.at), m.order_id, m.reason, m.by, unseen)
        connection.execute(_INSERT, row)
        connection.execute(_CHANGE, (m.ingredient, m.on_hand, m.reserved))


def _known(connection: sqlite3.Connection, ids: Sequence[str]) -> list[Movement]:
    sql = f"SELECT {_COLUMNS} FROM stock_movements WHERE id IN ({_marks(ids)})"  # noqa: S608
    return [_movement(row) for row in connection.execute(sql, ids)]


def _levels(connection: sqlite3.Connection, ingredients: Sequence[str]) -> dict[str, int]:
    """What is available of each."""
    sql = f"SELECT ingredient, on_hand - reserved FROM stock_levels WHERE ingredient IN ({_marks(ingredients)})"  # noqa: S608
    return dict(connection.execute(sql, ingredients).fetchall())


def _movement(row: tuple[Any, ...]) -> Movement:
    movement_id, ingredient, kind, on_hand, reserved, at, order_id, reason, by = row
    return Movement(
        id=movement_id,
        ingredient=ingredient,
        kind=MovementKind(kind),
        on_hand=on_hand,
        reserved=reserved,
        at=from_ms(at),
        order_id=order_id,
        reason=reason,
        by=by,
    )


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
