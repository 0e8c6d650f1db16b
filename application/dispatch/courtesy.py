"""Requests first: while there are many, background work waits its turn, and does more at once when it comes."""

import asyncio
import time
from typing import Any

from application.mediator import Call, Command, Request

#: More commands in hand than this are a crowd: they wait for the store, and so for whoever else writes there.
CROWD = 8
#: A turn of the event loop that takes longer than this is a busy one, in seconds.
BUSY_TURN = 0.004
#: How many turns are left to requests for each that background work takes.
TURNS_LEFT = 3
LONGEST_PAUSE = 0.05


class Courtesy:
    """Knows how many commands are in hand; `around` is the mediator's behaviour that counts them.

    Every worker that waits for its next job asks here first. So requests keep most of the processor and of the store
    while there are many, and as the jobs that gather meanwhile are done in larger batches, little of the rate is lost:
    on a store whose every write costs a wait, it rises.
    """

    def __init__(self) -> None:
        self.in_hand = 0

    def around(self, request_type: type[Request[Any]], call: Call) -> Call:
        if not issubclass(request_type, Command):
            return call

        async def counted(request: Request[Any]) -> Any:
            self.in_hand += 1
            try:
                return await call(request)
            finally:
                self.in_hand -= 1

        return counted

    async def let_requests_go_first(self, *, gathers: bool) -> None:
        """Give way for one turn of the loop, where that turn was long for as long as several more, and to a crowd for
        `LONGEST_PAUSE`: that only by who `gathers` jobs meanwhile, since it would slow down all others."""
        before = time.perf_counter()
        await asyncio.sleep(0)
        turn = time.perf_counter() - before
        if gathers and self.in_hand > CROWD:
            await asyncio.sleep(LONGEST_PAUSE)
        elif turn > BUSY_TURN:
            await asyncio.sleep(min(LONGEST_PAUSE, TURNS_LEFT * turn))
