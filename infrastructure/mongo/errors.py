"""What the driver raises, told in the domain's words, and how long anything is tried."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import pymongo
from pymongo.errors import BulkWriteError, PyMongoError

from domain.errors import StoreUnavailable

T = TypeVar("T")

#: Seconds after which a call is given up. The driver may notice half a second late: while it looks for a server, it
#: looks at the time no more often. So callers hear within 2.5 seconds that the store does not answer.
PATIENCE = 2.0
FIRST_PAUSE = 0.02
LONGEST_PAUSE = 0.4
DUPLICATE_KEY = 11000


def only_duplicates(failure: BulkWriteError) -> bool:
    """Whether all that went wrong with a bulk is that documents were there already, and the others are safe."""
    errors = failure.details["writeErrors"]
    return not failure.details["writeConcernErrors"] and all(error["code"] == DUPLICATE_KEY for error in errors)


@contextmanager
def store_errors(seconds: float = PATIENCE) -> Iterator[None]:
    """Raises `StoreUnavailable` for whatever the driver raises, which gives up when `seconds` have passed.

    The driver keeps the time itself: to cancel it in the middle of a call is not safe on every version of Python.
    """
    try:
        with pymongo.timeout(seconds):
            yield
    except PyMongoError as failure:
        raise StoreUnavailable from failure


async def persist(attempt: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """Try a write until the server has answered. Raises `StoreUnavailable` when `seconds` have passed.

    A try whose answer was lost may have been written, and may yet be: `attempt` has to recognise its own work.
    """
    deadline = time.monotonic() + seconds
    pause = FIRST_PAUSE
    with store_errors(seconds):
        while True:
            try:
                return await attempt()
            except PyMongoError:
                if time.monotonic() + pause > deadline:
                    raise
                await asyncio.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2)
