"""Tasks that run for as long as the process does, and never end in silence."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import structlog

PAUSE_SECONDS = 1.0

log = structlog.get_logger(__name__)


def run_forever(name: str, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
    """Start `work`, which loops; should a mistake of ours end it, say so loudly and start it again."""

    async def watched() -> None:
        while True:
            try:
                await work()
            except Exception:
                log.exception("background_task_failed", task=name)
            await asyncio.sleep(PAUSE_SECONDS)

    return asyncio.create_task(watched(), name=name)


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel them, and wait until they are gone."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)
