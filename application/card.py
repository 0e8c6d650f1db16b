"""What is read from the store at most once a second, not once an order."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

FRESH_SECONDS = 1.0

T = TypeVar("T")


class Card(Generic[T]):
    """A change made through this process shows at once, one made through another within `FRESH_SECONDS`."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._kept: list[T] = []
        self._read_at = 0.0
        self._forgotten = 0
        self._reading = asyncio.Lock()

    async def current(self) -> T:
        """Raises `StoreUnavailable`."""
        if self._is_fresh:
            return self._kept[0]
        async with self._reading:
            while not self._is_fresh:
                forgotten = self._forgotten
                found = await self._read()
                if forgotten == self._forgotten:  # or it may be older than the change
                    self._kept, self._read_at = [found], time.monotonic()
            return self._kept[0]

    def forget(self) -> None:
        """Read anew next time."""
        self._kept = []
        self._forgotten += 1

    @property
    def _is_fresh(self) -> bool:
        return bool(self._kept) and time.monotonic() - self._read_at <= FRESH_SECONDS
