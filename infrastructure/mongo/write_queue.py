"""What many ask for at once goes to the server together: whatever queued while the last write was on its way."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from domain.errors import StoreUnavailable
from infrastructure.mongo.errors import PATIENCE

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Wish(Generic[T]):
    """What somebody wants written, and waits for. `deadline` is monotonic, in seconds."""

    wanted: T
    done: asyncio.Future[None]
    deadline: float = field(default_factory=lambda: time.monotonic() + PATIENCE)

    def answer(self, failure: Exception | None = None) -> None:
        if self.done.done():
            return  # whoever asked has gone
        if failure is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(failure)


class WriteQueue(ABC, Generic[T]):
    """Waits for nothing but the batch before: alone, a wish goes at once; in a crowd, up to `largest_batch` share a
    write. `write` is what to do with a batch."""

    def __init__(self, name: str, largest_batch: int) -> None:
        self._name = name
        self._largest_batch = largest_batch
        self._queue: deque[Wish[T]] = deque()
        self._worker: asyncio.Task[None] | None = None

    @abstractmethod
    async def write(self, batch: list[Wish[T]]) -> None:
        """Answer every wish of the batch. `StoreUnavailable` raised here answers all that have no answer yet."""

    async def put(self, wanted: T) -> None:
        """Have it written, and wait for that. Raises what its answer was, and `StoreUnavailable`."""
        wish = Wish(wanted, asyncio.get_running_loop().create_future())
        self._queue.append(wish)
        if self._worker is None:
            self._worker = asyncio.create_task(self._write_queue(), name=self._name)
        await wish.done

    async def drain(self) -> None:
        """Wait until all that is queued has been answered."""
        if self._worker:
            await asyncio.wait([self._worker])

    async def _write_queue(self) -> None:
        batch: list[Wish[T]] = []
        try:
            while batch := self._next_batch():
                try:
                    await self.write(batch)
                except StoreUnavailable as failure:
                    for wish in batch:
                        wish.answer(failure)
        finally:
            self._worker = None
            for wish in (*batch, *self._queue):
                wish.answer(StoreUnavailable())  # this was ended from outside: leave nobody waiting
            self._queue.clear()

    def _next_batch(self) -> list[Wish[T]]:
        """What waits, the oldest first. What has waited too long is refused: it has cost the store nothing yet."""
        batch: list[Wish[T]] = []
        now = time.monotonic()
        while self._queue and len(batch) < self._largest_batch:
            wish = self._queue.popleft()
            if wish.deadline > now:
                batch.append(wish)
            else:
                wish.answer(StoreUnavailable())
        return batch
