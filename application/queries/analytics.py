"""What the orders of a range of time add up to, in one currency."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

from application.analytics import reporting
from application.analytics.calendar import Level, Unit
from application.analytics.figures import Customers, Figures, KitchenTimes, Sales, Timeline
from application.analytics.reader import FiguresReader, Piece, Range
from application.analytics.reports import (
    CustomersReport,
    DriverSum,
    KitchenReport,
    Overview,
    Point,
    Sold,
    WeeklyHour,
)
from application.mediator import Query
from domain.errors import InvalidRange

F = TypeVar("F", bound=Figures)
R = TypeVar("R")

#: A series by hour covers no more than this.
LONGEST_BY_HOUR = timedelta(days=400)
_BY_HOUR = (Level.DAY, Level.HOUR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Generic[R]):
    """`currency` is the one that was asked for, or the one that most of the orders are in (None: there are no orders);
    `other_currencies` are those that orders of the range are in besides, and which are not in the report."""

    time_zone: str
    start: datetime | None
    end: datetime | None
    currency: str | None
    other_currencies: Sequence[str]
    content: R


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalyticsQuery(Query[Report[R]]):
    """Of orders placed at or after `start` and before `end`. Raises `InvalidRange`, `FiguresBehind`,
    `StoreUnavailable`."""

    start: datetime | None = None
    end: datetime | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SumQuery(AnalyticsQuery[R], Generic[F, R]):
    """Asks for a report of one kind of figures, summed up over the range."""

    part: ClassVar[type[Any]]

    def report(self, figures: F) -> R:
        raise NotImplementedError


class GetOverviewQuery(SumQuery[Sales, Overview]):
    part = Sales

    def report(self, figures: Sales) -> Overview:
        return reporting.overview(figures)


class GetPizzaSalesQuery(SumQuery[Sales, list[Sold]]):
    part = Sales

    def report(self, figures: Sales) -> list[Sold]:
        return reporting.pizzas(figures)


class GetSizeSalesQuery(SumQuery[Sales, list[Sold]]):
    part = Sales

    def report(self, figures: Sales) -> list[Sold]:
        return reporting.sizes(figures)


class GetWeeklyHoursQuery(SumQuery[Sales, list[WeeklyHour]]):
    part = Sales

    def report(self, figures: Sales) -> list[WeeklyHour]:
        return reporting.weekly_hours(figures)


class GetDriverSumsQuery(SumQuery[Sales, list[DriverSum]]):
    part = Sales

    def report(self, figures: Sales) -> list[DriverSum]:
        return reporting.drivers(figures)


class GetKitchenTimesQuery(SumQuery[KitchenTimes, KitchenReport]):
    part = KitchenTimes

    def report(self, figures: KitchenTimes) -> KitchenReport:
        return reporting.kitchen(figures)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetCustomerSumsQuery(SumQuery[Customers, CustomersReport]):
    part = Customers

    limit: int

    def report(self, figures: Customers) -> CustomersReport:
        return reporting.customers(figures, self.limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSeriesQuery(AnalyticsQuery[list[Point]]):
    by: Unit


#: Those that `SumQueryHandler` takes.
SUM_QUERIES: tuple[type[SumQuery[Any, Any]], ...] = (
    GetOverviewQuery,
    GetPizzaSalesQuery,
    GetSizeSalesQuery,
    GetWeeklyHoursQuery,
    GetDriverSumsQuery,
    GetKitchenTimesQuery,
    GetCustomerSumsQuery,
)


class SumQueryHandler:
    def __init__(self, reader: FiguresReader) -> None:
        self._reader = reader

    async def handle(self, query: SumQuery[Any, R]) -> Report[R]:
        pieces = await self._reader.read(_range(query), query.part)
        currency, others = _currencies(pieces, query.currency)
        told = [(piece.figures[currency], piece.start) for piece in pieces if currency and currency in piece.figures]
        return _answer(self._reader, query, currency, others, query.report(await _total(told, query.part)))


async def _total(told: list[tuple[F, datetime]], part: type[F]) -> F:
    """Of figures that nobody else holds: the others are added to the largest, which has most to add."""
    if not told:
        return part()
    told.sort(key=lambda each: -each[0].orders)
    (total, _), *others = told
    for figures, start in others:
        total.add(figures, start)
        await asyncio.sleep(0)  # a month of many customers takes its milliseconds
    return total


class GetSeriesQueryHandler:
    def __init__(self, reader: FiguresReader) -> None:
        self._reader = reader

    async def handle(self, query: GetSeriesQuery) -> Report[list[Point]]:
        within = _range(query)
        if query.by is Unit.HOUR:
            _check_length(within)
            pieces = await self._reader.read(within, Timeline, _BY_HOUR)
        else:
            pieces = await self._reader.read(within, Timeline)
        currency, others = _currencies(pieces, query.currency)
        points = reporting.series(pieces, currency, query.by, self._reader.calendar) if currency else []
        return _answer(self._reader, query, currency, others, points)


def _range(query: AnalyticsQuery[R]) -> Range:
    if query.start and query.end and query.start > query.end:
        raise InvalidRange("The range ends before it begins.", parameter="to")
    return Range(start=query.start, end=query.end)


def _check_length(within: Range) -> None:
    if within.start is None or within.end is None or within.end - within.start > LONGEST_BY_HOUR:
        raise InvalidRange(
            f"By hour, give `from` and `to`, {LONGEST_BY_HOUR.days} days apart at most.", parameter="from"
        )


def _currencies(pieces: Sequence[Piece[F]], wanted: str | None) -> tuple[str | None, list[str]]:
    """Which one to report, and which others there are."""
    found: Counter[str] = Counter()
    for piece in pieces:
        for currency, figures in piece.figures.items():
            found[currency] += figures.orders
    most = min(found, key=lambda each: (-found[each], each), default=None)
    chosen = wanted or most
    return chosen, sorted(found.keys() - {chosen})


def _answer(
    reader: FiguresReader, query: AnalyticsQuery[R], currency: str | None, others: Sequence[str], content: R
) -> Report[R]:
    return Report(
        time_zone=reader.calendar.name,
        start=query.start,
        end=query.end,
        currency=currency,
        other_currencies=others,
        content=content,
    )
