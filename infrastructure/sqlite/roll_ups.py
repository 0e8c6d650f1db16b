"""Rolled-up figures in SQLite."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from application.analytics.calendar import Level
from application.analytics.figures import Figures
from application.ports.analytics import Block, BlockId, Mark
from infrastructure.roll_ups import PART_NAMES, decode_part, decode_parts, encode_parts
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms
from infrastructure.sqlite.order_facts import mark_hours
from infrastructure.tokens import new_token

F = TypeVar("F", bound=Figures)

_PARTS = tuple(PART_NAMES.values())
_TOKEN = "SELECT token FROM roll_ups WHERE zone = ? AND level = ? AND start = ?"  # noqa: S105 - no password
_OF_A_LEVEL = "FROM roll_ups WHERE zone = ? AND level = ? AND start >= ? AND start < ? ORDER BY start"
_WRITE = (
    f"INSERT OR REPLACE INTO roll_ups (zone, level, start, token, {', '.join(_PARTS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
)


class SqliteRollUps:
    """Implements `application.ports.analytics.RollUps`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def zone(self) -> str | None:
        rows = self._database.read("SELECT zone FROM roll_up_zone")
        return rows[0][0] if rows else None

    async def set_zone(self, zone: str) -> None:
        def set_zone(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM roll_ups WHERE zone <> ?", (zone,))
            connection.execute("INSERT OR REPLACE INTO roll_up_zone VALUES (1, ?)", (zone,))

        await self._database.write(set_zone)

    async def mark(self, hours: Sequence[datetime]) -> None:
        await self._database.write(lambda connection: mark_hours(connection, map(to_ms, hours)))

    async def marks(self, start: datetime, end: datetime, *, limit: int) -> list[Mark]:
        rows = self._database.read(
            "SELECT hour, token FROM fact_marks WHERE hour >= ? AND hour < ? ORDER BY hour LIMIT ?",
            (to_ms(start), to_ms(end), limit),
        )
        return [Mark(from_ms(hour), token) for hour, token in rows]

    async def clear(self, marks: Sequence[Mark]) -> None:
        rows = [(to_ms(mark.hour), mark.token) for mark in marks]
        await self._database.write(
            lambda connection: connection.executemany("DELETE FROM fact_marks WHERE hour = ? AND token = ?", rows)
        )

    async def tokens(self, zone: str, ids: Sequence[BlockId]) -> dict[BlockId, str]:
        found = {block: self._database.read(_TOKEN, (zone, block.level, to_ms(block.start))) for block in ids}
        return {block: rows[0][0] for block, rows in found.items() if rows}

    async def blocks(self, zone: str, level: Level, start: datetime, end: datetime) -> list[Block]:
        rows = self._database.read(
            f"SELECT start, {', '.join(_PARTS)} {_OF_A_LEVEL}",
            (zone, level, to_ms(start), to_ms(end)),
        )
        return [
            Block(BlockId(level, from_ms(begins)), decode_parts(dict(zip(_PARTS, parts, strict=True))))
            for begins, *parts in rows
        ]

    async def figures(
        self, zone: str, level: Level, start: datetime, end: datetime, part: type[F]
    ) -> list[tuple[datetime, dict[str, F]]]:
        rows = self._database.read(
            f"SELECT start, {PART_NAMES[part]} {_OF_A_LEVEL}",
            (zone, level, to_ms(start), to_ms(end)),
        )
        return [(from_ms(begins), decode_part(part, data)) for begins, data in rows]

    async def write(self, zone: str, blocks: Sequence[Block], seen: Mapping[BlockId, str]) -> bool:
        token = new_token()
        rows = [
            (zone, block.id.level, to_ms(block.id.start), token, *encode_parts(block.parts).values())
            for block in blocks
        ]
        expected = [seen.get(block.id) for block in blocks]

        def write(connection: sqlite3.Connection) -> bool:
            for row, before in zip(rows, expected, strict=True):
                found = connection.execute(_TOKEN, row[:3]).fetchone()
                if (found[0] if found else None) != before:
                    return False
            connection.executemany(_WRITE, rows)
            return True

        return await self._database.write(write)

    async def first_month(self, zone: str, moment: datetime) -> datetime | None:
        (first,) = self._database.read(
            "SELECT min(start) FROM roll_ups WHERE zone = ? AND level = ? AND start >= ?",
            (zone, Level.MONTH, to_ms(moment)),
        )
        return None if first[0] is None else from_ms(first[0])
