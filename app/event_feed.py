"""Live events for the streams: one reader of the event log per process, and only while somebody listens."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from itertools import islice

from application.ports import FollowedLog, LoggedEvent, Signal
from domain.errors import StoreUnavailable

POLL_SECONDS = 0.3
BATCH = 500
#: How many events are kept for all listeners together; whoever is slower reads the log for himself.
RECENT = 2_000


class EventFeed:
    """Listeners hold a position, not a queue: a slow one costs no memory, and misses nothing."""

    def __init__(self, log: FollowedLog) -> None:
        self._log = log
        self._recent: deque[LoggedEvent] = deque(maxlen=RECENT)
        self._position = 0
        self._listeners = 0
        self._news = Signal()
        self._reader: asyncio.Task[None] | None = None
        self._closed = False

    async def last_position(self) -> int:
        """Raises `StoreUnavailable`."""
        return await self._log.last_position()

    async def follow(self, position: int, idle_seconds: float) -> AsyncIterator[list[LoggedEvent]]:
        """The events behind `position` and all that come, in batches; an empty one after `idle_seconds` of silence.

        Ends when the feed is closed. Raises `StoreUnavailable` where it has to read the log for itself and cannot.
        """
        self._join()
        try:
            while not self._closed:
                batch = await self._behind(position)
                if batch:
                    position = batch[-1].position
                    yield batch
                elif not await self._news.wait(idle_seconds) and not self._closed:
                    yield []
        finally:
            self._leave()

    def close(self) -> None:
        """End every `follow` now."""
        self._closed = True
        self._news.fire()
        if self._reader:
            self._reader.cancel()

    def _join(self) -> None:
        self._listeners += 1
        if (self._reader is None or self._reader.done()) and not self._closed:
            self._recent.clear()
            self._position = 0
            self._reader = asyncio.create_task(self._read_forever(), name="event-feed")

    def _leave(self) -> None:
        self._listeners -= 1
        if not self._listeners and self._reader:
            self._reader.cancel()
            self._reader = None

    async def _behind(self, position: int) -> list[LoggedEvent]:
        if position >= self._position:
            return []
        if not self._recent or self._recent[0].position > position + 1:
            return await self._log.after(position, BATCH)
        skip = position + 1 - self._recent[0].position
        return list(islice(self._recent, skip, skip + BATCH))

    async def _read_forever(self) -> None:
        while True:
            found = False
            with contextlib.suppress(StoreUnavailable):
                found = await self._read()
            if not found:
                await self._log.appended.wait(POLL_SECONDS)

    async def _read(self) -> bool:
        if not self._position:  # start at the present: listeners that are behind it read the log for themselves
            self._position = await self._log.last_position()
            self._news.fire()
        events = await self._log.after(self._position, BATCH)
        if events:
            self._recent.extend(events)
            self._position = events[-1].position
            self._news.fire()
        return bool(events)
