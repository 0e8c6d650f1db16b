"""Looks after the store, so that whoever asks how it is gets an answer at once, even while it hangs."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from application.background import end, run_forever
from domain.errors import StoreUnavailable

#: Between two looks, and until one without an answer counts as a failure. What is told is at most their sum old.
INTERVAL_SECONDS = 1.0
PATIENCE_SECONDS = 2.25
NO_ANSWER = "The store does not answer."

log = structlog.get_logger(__name__)


class StoreWatch:
    """`error` says why the store is away, None while it is there. Between `start` and `stop`."""

    def __init__(self, ping: Callable[[], Awaitable[None]]) -> None:
        self._ping = ping
        self._task: asyncio.Task[None] | None = None
        self.error: str | None = None

    def start(self) -> None:
        """Begin with a store that was just opened."""
        self.error = None
        self._task = run_forever("store watch", self._watch_forever)

    async def stop(self) -> None:
        if self._task:
            await end([self._task])

    async def _watch_forever(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(INTERVAL_SECONDS)

    async def _look(self) -> None:
        answer = asyncio.create_task(self._answer())
        try:
            # What hangs is not cancelled, since drivers do not like that: it ends by itself, and until then none other
            # is made.
            if not (await asyncio.wait({answer}, timeout=PATIENCE_SECONDS))[0]:
                self._note(NO_ANSWER, "no answer")
            self._note(*await answer)
        finally:
            answer.cancel()

    async def _answer(self) -> tuple[str | None, str]:
        try:
            await self._ping()
        except StoreUnavailable as failure:
            return str(failure) or NO_ANSWER, str(failure.__cause__ or failure)
        return None, ""

    def _note(self, error: str | None, cause: str) -> None:
        if error and not self.error:
            log.error("store_unavailable", error=cause)
        if self.error and not error:
            log.info("store_recovered")
        self.error = error
