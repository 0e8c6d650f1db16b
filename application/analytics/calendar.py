"""Local hours, days, weeks and months of a time zone, as moments in UTC at which they begin."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

HOUR = timedelta(hours=1)
#: Every time zone in use is ahead of UTC, or behind it, by a multiple of this, and changes at one.
QUARTER = timedelta(minutes=15)


class Level(StrEnum):
    """The spans that figures are rolled up for."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


class Unit(StrEnum):
    """The spans that a series may have a point for."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


#: From the longest, each of which consists of whole ones of the next.
LEVELS = (Level.MONTH, Level.DAY, Level.HOUR)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end`: whole blocks of a level, or, where that is None, part of an hour or two."""

    level: Level | None
    start: datetime
    end: datetime


class Calendar:
    """An hour that comes twice when the clocks go back is two hours; a day has 23 to 25 of them."""

    def __init__(self, zone: tzinfo, name: str) -> None:
        self._zone = zone
        self.name = name

    def local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)

    def floor(self, level: Level, moment: datetime) -> datetime:
        """When the hour, day or month that holds a moment began."""
        if level is Level.HOUR:
            return self._hour(moment)
        day = self.local(moment).date()
        return self._midnight(day if level is Level.DAY else day.replace(day=1))

    def next(self, level: Level, start: datetime) -> datetime:
        """When the one after that which begins at `start` begins."""
        if level is Level.HOUR:
            quarters = (start + QUARTER * n for n in range(1, 9))
            return next(quarter for quarter in quarters if self._hour(quarter) != start)
        day = self.local(start).date()
        if level is Level.DAY:
            return self._midnight(day + timedelta(days=1))
        return self._midnight((day.replace(day=28) + timedelta(days=4)).replace(day=1))

    def ceil(self, level: Level, moment: datetime) -> datetime:
        start = self.floor(level, moment)
        return start if start == moment else self.next(level, start)

    def unit(self, unit: Unit, moment: datetime) -> datetime:
        """When the hour, day, week (from Monday on) or month that holds a moment began."""
        if unit is not Unit.WEEK:
            return self.floor(Level(unit.value), moment)
        day = self.local(moment).date()
        return self._midnight(day - timedelta(days=day.weekday()))

    def weekly_hour(self, moment: datetime) -> int:
        """0 for the first hour of Monday, 167 for the last of Sunday."""
        local = self.local(moment)
        return local.weekday() * 24 + local.hour

    def hours_of(self, utc_hour: datetime) -> Iterator[datetime]:
        """The local hours that an hour of UTC has to do with: two where a zone is half an hour off."""
        found = {self._hour(utc_hour + QUARTER * n) for n in range(4)}
        yield from sorted(found)

    def split(self, start: datetime, end: datetime, levels: tuple[Level, ...] = LEVELS) -> list[Span]:
        """Cover a range with as few whole blocks as possible, and with parts of hours at its ends."""
        if start >= end:
            return []
        if not levels:
            return [Span(None, start, end)]
        level, *rest = levels
        first, last = self.ceil(level, start), self.floor(level, end)
        if first >= last:
            return self.split(start, end, tuple(rest))
        before, after = self.split(start, first, tuple(rest)), self.split(last, end, tuple(rest))
        return [*before, Span(level, first, last), *after]

    def _hour(self, moment: datetime) -> datetime:
        local = self.local(moment)
        start = moment - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        while self.local(start).utcoffset() != local.utcoffset():  # the clocks were changed within the hour
            start += QUARTER
        return start

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self._zone).astimezone(UTC)


def utc_hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
