"""The feed behind the streams: one reader for all, bounded, and missing nothing."""

import asyncio

import app.event_feed
from app.event_feed import EventFeed
from application.clock import utc_now
from application.ports import LoggedEvent, Signal
from domain.errors import StoreUnavailable
from domain.events import OrderDeliveredEvent
from domain.identity import new_event_id
from tests.waiting import eventually


class ListLog:
    """An event log in a list, which counts its reads and can be away."""

    def __init__(self) -> None:
        self.entries: list[LoggedEvent] = []
        self.appended = Signal()
        self.reads = 0
        self.away = False

    def add(self, count: int) -> None:
        for _ in range(count):
            now = utc_now()
            event = OrderDeliveredEvent(
                event_id=new_event_id(), occurred_at=now, aggregate_id="o", aggregate_version=1, delivered_time=now
            )
            self.entries.append(LoggedEvent(len(self.entries) + 1, now, event))
        self.appended.fire()

    async def after(self, position: int, limit: int) -> list[LoggedEvent]:
        self._note_read()
        return self.entries[position : position + limit]

    async def last_position(self) -> int:
        self._note_read()
        return len(self.entries)

    def _note_read(self) -> None:
        self.reads += 1
        if self.away:
            raise StoreUnavailable


async def _collect(feed: EventFeed, position: int, into: list[int]) -> None:
    async for batch in feed.follow(position, 60):
        into += [entry.position for entry in batch]


async def test_listeners_get_every_event_once_wherever_they_start() -> None:
    log, past, present = ListLog(), list[int](), list[int]()
    log.add(3_000)
    feed = EventFeed(log)
    tasks = [asyncio.create_task(_collect(feed, 0, past)), asyncio.create_task(_collect(feed, 3_000, present))]
    await eventually(lambda: len(past) == 3_000)
    log.add(2)
    await eventually(lambda: len(past) == 3_002 and len(present) == 2)
    feed.close()
    await asyncio.gather(*tasks)

    assert past == list(range(1, 3_003))
    assert present == [3_001, 3_002]


async def test_a_hundred_listeners_cost_one_reader() -> None:
    log = ListLog()
    log.add(1)
    feed = EventFeed(log)
    heard: list[list[int]] = [[] for _ in range(100)]
    tasks = [asyncio.create_task(_collect(feed, 1, into)) for into in heard]
    await asyncio.sleep(0)
    await eventually(lambda: log.reads > 0)
    before = log.reads
    log.add(1)
    await eventually(lambda: all(heard))
    feed.close()
    await asyncio.gather(*tasks)

    assert log.reads - before < 20


async def test_a_listener_that_sleeps_through_more_than_is_kept_misses_nothing() -> None:
    log = ListLog()
    feed = EventFeed(log)
    slow, quick = feed.follow(0, 60), list[int]()
    log.add(1)
    first = await anext(slow)
    task = asyncio.create_task(_collect(feed, 0, quick))
    for _ in range(app.event_feed.RECENT // 500 + 2):
        log.add(500)
        await eventually(lambda: len(quick) == len(log.entries))
    total = len(log.entries)
    seen = [entry.position for entry in first]
    while len(seen) < total:
        seen += [entry.position for entry in await anext(slow)]
    feed.close()
    await task

    assert seen == list(range(1, total + 1))


async def test_nobody_listening_reads_nothing() -> None:
    log = ListLog()
    feed = EventFeed(log)
    heard: list[int] = []
    task = asyncio.create_task(_collect(feed, 0, heard))
    log.add(1)
    await eventually(lambda: bool(heard))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    before = log.reads
    log.add(1)
    await asyncio.sleep(2 * app.event_feed.POLL_SECONDS)

    assert log.reads == before


async def test_silence_is_told() -> None:
    feed = EventFeed(ListLog())
    assert await anext(feed.follow(0, 0.01)) == []
    feed.close()


async def test_a_log_that_is_away_for_a_while_costs_no_event() -> None:
    log, heard = ListLog(), list[int]()
    feed = EventFeed(log)
    task = asyncio.create_task(_collect(feed, 0, heard))
    await eventually(lambda: log.reads > 0)
    log.away = True
    log.add(5)
    before = log.reads
    await eventually(lambda: log.reads > before)
    log.away = False
    await eventually(lambda: heard == [1, 2, 3, 4, 5])
    feed.close()
    await task


async def test_a_closed_feed_ends_at_once() -> None:
    feed = EventFeed(ListLog())
    feed.close()
    assert [batch async for batch in feed.follow(0, 60)] == []
