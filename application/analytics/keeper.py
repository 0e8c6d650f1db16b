"""Keeps the roll-ups up to date: hours that changed are made anew from their facts, never added to."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from application.analytics.calendar import HOUR, Calendar, Level, utc_hour
from application.analytics.facts import OrderFact
from application.analytics.figures import Parts, parts_of, sum_of_parts
from application.analytics.running import RunningCustomers
from application.clock import utc_now
from application.ports.analytics import Block, BlockId, Mark, OrderFacts, RollUps
from domain.errors import FiguresBehind, StoreUnavailable
from domain.identity import new_event_id

#: All that can be asked for lies between these.
FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
#: How many hours that are behind a query brings up to date by itself.
MOST_WITHIN_A_QUERY = 100
#: How many at a time are otherwise: a month.
CHUNK = 744
#: In the background, hours are left alone for as long as their orders may still be under way.
SETTLED_AFTER = timedelta(hours=3)
ROUND_SECONDS = 60.0
MOST_TRIES = 20
#: How many facts are counted before others have a turn.
FACTS_AT_ONCE = 200

#: How many hours are done, of how many at least.
Report = Callable[[int, int], None]

log = structlog.get_logger(__name__)


class RollUpKeeper:
    """What each block was like is read before what it is made of, and it is written only where it still is so: of two
    that make the same block, one has to make it again. A mark goes once its hour, day and month are written; one that
    was set meanwhile has another token, and stays."""

    def __init__(self, facts: OrderFacts, roll_ups: RollUps, calendar: Calendar) -> None:
        self._facts = facts
        self._roll_ups = roll_ups
        self.running = RunningCustomers(roll_ups, calendar)
        self.calendar = calendar
        self._one_at_a_time = asyncio.Lock()
        self._wanted = asyncio.Event()

    async def refresh(self, start: datetime, end: datetime) -> None:
        """Bring a range up to date. Raises `FiguresBehind` where that would take long, and has it done."""
        if not await self._behind(start, end):
            return
        async with self._one_at_a_time:  # who waited here finds it done
            marks = await self._behind(start, end)
            if len(marks) > MOST_WITHIN_A_QUERY:
                self._wanted.set()
                raise FiguresBehind
            await self._bring_up_to_date(marks)

    async def refresh_all(self, *, until: datetime = LAST, report: Report | None = None) -> None:
        """Bring all up to date that was placed before `until`."""
        await self.adopt_zone()
        done = 0
        while marks := await self._roll_ups.marks(FIRST, until, limit=CHUNK):
            async with self._one_at_a_time:
                await self._bring_up_to_date(marks)
            done += len(marks)
            if report:
                report(done, done + (CHUNK if len(marks) == CHUNK else 0))
        await self.running.keep_up()

    async def adopt_zone(self) -> bool:
        """See that the roll-ups are for this time zone; says whether they have to be made anew for it."""
        if await self._roll_ups.zone() == self.calendar.name:
            return False
        await self.mark_all()
        await self._roll_ups.set_zone(self.calendar.name)
        return True

    async def mark_all(self) -> None:
        """Note that every month with facts or figures is to be made anew."""
        months = set(await self._roll_ups.tokens_of(self.calendar.name, Level.MONTH))
        first = await self._facts.first_after(FIRST)
        while first:
            month = self.calendar.floor(Level.MONTH, first)
            months.add(month)
            first = await self._facts.first_after(self.calendar.next(Level.MONTH, month))
        for month in sorted(months):
            hours = (self.calendar.next(Level.MONTH, month) - month) / HOUR
            await self._roll_ups.mark([utc_hour(month) + HOUR * n for n in range(int(hours) + 1)])

    async def run(self) -> None:
        """For ever: what has settled, now and then, and everything once somebody wants it."""
        while True:
            try:
                everything = self._wanted.is_set() or await self.adopt_zone()
                self._wanted.clear()
                await self.refresh_all(until=LAST if everything else utc_now() - SETTLED_AFTER)
            except (StoreUnavailable, FiguresBehind) as failure:
                log.warning("roll_ups_behind", reason=str(failure))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ROUND_SECONDS):
                    await self._wanted.wait()

    async def _behind(self, start: datetime, end: datetime) -> list[Mark]:
        zone, marks = await asyncio.gather(
            self._roll_ups.zone(), self._roll_ups.marks(start - HOUR, end, limit=MOST_WITHIN_A_QUERY + 1)
        )
        if zone == self.calendar.name:
            return marks
        await self.adopt_zone()
        return await self._roll_ups.marks(start - HOUR, end, limit=MOST_WITHIN_A_QUERY + 1)

    async def _bring_up_to_date(self, marks: Sequence[Mark]) -> None:
        hours = sorted({hour for mark in marks for hour in self.calendar.hours_of(mark.hour)})
        months: dict[datetime, list[datetime]] = {}
        for hour in hours:
            months.setdefault(self.calendar.floor(Level.MONTH, hour), []).append(hour)
        for month, of_month in months.items():
            for _ in range(MOST_TRIES):
                if await self._make(month, of_month):
                    break
            else:
                raise FiguresBehind
        await self._roll_ups.clear(marks)

    async def _make(self, month: datetime, hours: Sequence[datetime]) -> bool:
        """Make these hours of a month anew, their days, and the month. False where somebody else came in between."""
        days: dict[datetime, list[datetime]] = {}
        for hour in hours:
            days.setdefault(self.calendar.floor(Level.DAY, hour), []).append(hour)
        ids = [BlockId(Level.HOUR, hour) for hour in hours] + [BlockId(Level.DAY, day) for day in days]
        ids.append(BlockId(Level.MONTH, month))
        zone = self.calendar.name
        seen = await self._roll_ups.tokens(zone, ids)
        made: dict[BlockId, Parts] = {}
        for day, of_day in days.items():
            made |= {BlockId(Level.HOUR, hour): parts for hour, parts in (await self._hours(of_day)).items()}
            made[BlockId(Level.DAY, day)] = await self._sum(Level.DAY, day, Level.HOUR, made)
        made[BlockId(Level.MONTH, month)] = await self._sum(Level.MONTH, month, Level.DAY, made)
        token = new_event_id()
        worth_keeping = [Block(id_, parts, token) for id_, parts in made.items() if id_ in seen or not parts.is_empty]
        return await self._roll_ups.write(zone, worth_keeping, seen)

    async def _hours(self, hours: Sequence[datetime]) -> dict[datetime, Parts]:
        """These hours of one day, from their facts."""
        facts: dict[datetime, list[OrderFact]] = {hour: [] for hour in hours}
        start, end = hours[0], self.calendar.next(Level.HOUR, hours[-1])
        for n, fact in enumerate(await self._facts.between(start, end)):
            hour = self.calendar.floor(Level.HOUR, fact.placed_at)
            if hour in facts:
                facts[hour].append(fact)
            if n % FACTS_AT_ONCE == 0:
                await asyncio.sleep(0)
        made = {}
        for hour, of_hour in facts.items():
            made[hour] = parts_of(of_hour, self.calendar.weekly_hour(hour))
            await asyncio.sleep(0)
        return made

    async def _sum(self, level: Level, start: datetime, of: Level, made: dict[BlockId, Parts]) -> Parts:
        """A day from its hours, or a month from its days: those just made, and the others as they are kept."""
        end = self.calendar.next(level, start)
        kept = await self._roll_ups.blocks(self.calendar.name, of, start, end)
        spans = {block.id.start: block.parts for block in kept}
        spans |= {id_.start: parts for id_, parts in made.items() if id_.level is of and start <= id_.start < end}
        await asyncio.sleep(0)
        return sum_of_parts({begins: parts for begins, parts in spans.items() if not parts.is_empty})
