"""Reads figures of any range of time: whole months, days and hours as they are rolled up, the ends from the facts."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from application.analytics.calendar import LEVELS, Calendar, Level, Span
from application.analytics.facts import OrderFact
from application.analytics.figures import Customers, Figures, figures_of
from application.analytics.keeper import FIRST, LAST, RollUpKeeper
from application.ports.analytics import OrderFacts, RollUps

F = TypeVar("F", bound=Figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """Orders placed at or after `start` and before `end` (None: all before, all after)."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Piece(Generic[F]):
    """Figures of a month, a day or an hour, or of the part of it that lies in the range, by currency."""

    level: Level
    start: datetime
    figures: dict[str, F]


class FiguresReader:
    """Raises `FiguresBehind`, `StoreUnavailable`."""

    def __init__(self, facts: OrderFacts, roll_ups: RollUps, keeper: RollUpKeeper, calendar: Calendar) -> None:
        self._facts = facts
        self._roll_ups = roll_ups
        self._keeper = keeper
        self._running = keeper.running
        self.calendar = calendar

    async def read(self, within: Range, part: type[F], levels: tuple[Level, ...] = LEVELS) -> list[Piece[F]]:
        """The pieces that make up a range, in the order of time; those without orders are left out."""
        start, end = max(within.start or FIRST, FIRST), min(within.end or LAST, LAST)
        await self._keeper.refresh(start, end)
        spans = self.calendar.split(start, end, levels)
        read = await asyncio.gather(*(self._read_span(span, part) for span in spans))
        return [piece for pieces in read for piece in pieces if piece.figures]

    async def _read_span(self, span: Span, part: type[F]) -> list[Piece[F]]:
        if span.level is None:
            return self._count(await self._facts.between(span.start, span.end), part)
        if part is Customers and span.level is Level.MONTH:
            sums: Any = await self._running.between(span.start, span.end)
            return [Piece(span.level, span.start, sums)]
        found = await self._roll_ups.figures(self.calendar.name, span.level, span.start, span.end, part)
        return [Piece(span.level, told.start, told.figures) for told in found]

    def _count(self, facts: Iterable[OrderFact], part: type[F]) -> list[Piece[F]]:
        hours: dict[datetime, list[OrderFact]] = {}
        for fact in facts:
            hours.setdefault(self.calendar.floor(Level.HOUR, fact.placed_at), []).append(fact)
        return [
            Piece(Level.HOUR, hour, figures_of(hours[hour], self.calendar.weekly_hour(hour), part))
            for hour in sorted(hours)
        ]
