"""Requests first: on a busy event loop, background work waits its turn, and does more at once when it comes."""

import asyncio
import time

#: A turn of the event loop that takes longer than this is a busy one, in seconds.
BUSY_TURN = 0.004
#: How many turns are left to requests for each that background work takes.
TURNS_LEFT = 3
LONGEST_PAUSE = 0.05


async def let_requests_go_first() -> None:
    """Give way for one turn of the loop, and where that turn was long, for as long as several more.

    Every worker that waits for its next job does this. So requests keep most of the processor while there are many, and
    as the jobs that gather meanwhile are done in larger batches, little of the rate is lost.
    """
    before = time.perf_counter()
    await asyncio.sleep(0)
    turn = time.perf_counter() - before
    if turn > BUSY_TURN:
        await asyncio.sleep(min(LONGEST_PAUSE, TURNS_LEFT * turn))
