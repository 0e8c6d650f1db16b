"""Facts about orders in SQLite; what changes one marks its hour in the same transaction."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

import msgspec

from application.analytics.calendar import utc_hour
from application.analytics.facts import FactChange, FactLine, OrderFact
from infrastructure.serialization import to_json
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms
from infrastructure.tokens import new_token

_NAMES = tuple(field.name for field in fields(OrderFact))
_MOMENTS = frozenset(name for name in _NAMES if name.endswith("_at"))
_COLUMNS = ", ".join(_NAMES)
_lines = msgspec.json.Decoder(tuple[FactLine, ...])

#: A fact that is ahead stays; one of the same version is written again, which changes nothing or mends it.
_PUT = (
    f"INSERT INTO order_facts ({_COLUMNS}, generation) VALUES ({', '.join('?' * len(_NAMES))}, ?)"  # noqa: S608
    f" ON CONFLICT (order_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _NAMES[1:])},"
    " generation = excluded.generation WHERE excluded.version >= order_facts.version"
)
_MARK = "INSERT INTO fact_marks VALUES (?, ?) ON CONFLICT (hour) DO UPDATE SET token = excluded.token"
_PLACED_AT = "SELECT placed_at FROM order_facts WHERE order_id = ?"


class SqliteOrderFacts:
    """Implements `application.ports.analytics.OrderFacts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, changes: Sequence[OrderFact | FactChange], *, generation: str = "") -> None:
        await self._database.write(lambda connection: write_facts(connection, changes, generation), haste=False)

    async def between(self, start: datetime, end: datetime) -> list[OrderFact]:
        rows = self._database.read(
            f"SELECT {_COLUMNS} FROM order_facts WHERE placed_at >= ? AND placed_at < ?",  # noqa: S608
            (to_ms(start), to_ms(end)),
        )
        return [_fact(row) for row in rows]

    async def first_after(self, moment: datetime) -> datetime | None:
        (first,) = self._database.read("SELECT min(placed_at) FROM order_facts WHERE placed_at >= ?", (to_ms(moment),))
        return None if first[0] is None else from_ms(first[0])

    async def others(self, generation: str, *, after: str, limit: int) -> list[tuple[str, int]]:
        return self._database.read(
            "SELECT order_id, version FROM order_facts"
            " WHERE order_id > ? AND generation <> ? ORDER BY order_id LIMIT ?",
            (after, generation, limit),
        )

    async def remove(self, order_ids: Sequence[str]) -> None:
        def remove(connection: sqlite3.Connection) -> None:
            mark_hours(connection, _hours_of(connection, order_ids))
            connection.executemany("DELETE FROM order_facts WHERE order_id = ?", [(each,) for each in order_ids])

        await self._database.write(remove)


def write_facts(connection: sqlite3.Connection, changes: Sequence[OrderFact | FactChange], generation: str) -> None:
    """Within a transaction: write facts, and mark their hours."""
    whole = [change for change in changes if isinstance(change, OrderFact)]
    partial = [change for change in changes if isinstance(change, FactChange)]
    connection.executemany(_PUT, [(*_row(fact), generation) for fact in whole])
    for change in partial:
        names = ", ".join(f"{name} = ?" for name in change.changed)
        values = [_column(name, value) for name, value in change.changed.items()]
        connection.execute(
            f"UPDATE order_facts SET version = ?, {names} WHERE order_id = ? AND version < ?",  # noqa: S608
            (change.version, *values, change.order_id, change.version),
        )
    hours = {to_ms(utc_hour(fact.placed_at)) for fact in whole}
    mark_hours(connection, hours | _hours_of(connection, [change.order_id for change in partial]))


def mark_hours(connection: sqlite3.Connection, hours: Iterable[int]) -> None:
    token = new_token()
    connection.executemany(_MARK, [(hour, token) for hour in hours])


def _hours_of(connection: sqlite3.Connection, order_ids: Iterable[str]) -> set[int]:
    placed = [connection.execute(_PLACED_AT, (order_id,)).fetchone() for order_id in order_ids]
    return {row[0] // 3_600_000 * 3_600_000 for row in placed if row}


def _row(fact: OrderFact) -> list[object]:
    return [_column(name, getattr(fact, name)) for name in _NAMES]


def _column(name: str, value: Any) -> object:
    if name in _MOMENTS:
        return None if value is None else to_ms(value)
    return to_json(value) if name == "lines" else value


def _fact(row: tuple[Any, ...]) -> OrderFact:
    values: dict[str, Any] = {
        name: from_ms(value) if name in _MOMENTS and value is not None else value
        for name, value in zip(_NAMES, row, strict=True)
    }
    values["lines"] = _lines.decode(values["lines"])
    return OrderFact(**values)
