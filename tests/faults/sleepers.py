"""Replicas that are frozen for longer than their leases last, and woken."""

import asyncio
import re
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass

from tests.faults.lab import Lab
from tests.faults.replica import Replica

#: Beyond the end of what is outlasted, in seconds, so that others have seen it.
OVERTIME = 0.5
#: A live process has the write lock for less than this, in seconds.
LOCK_PATIENCE = 1.0
LEASES_LOST = "pizzeria_leases_lost_total"
#: What moves while a replica still deals with what it had in hand.
BUSY = (LEASES_LOST, "pizzeria_events_handled_total", "pizzeria_delivery_retries_total")
QUIET_LOOKS, LOOK_SECONDS = 10, 0.1


@dataclass(frozen=True, slots=True)
class Sleep:
    """`since` is monotonic, in seconds; `lost` is how many leases the replica had ever found lost before."""

    replica: Replica
    since: float
    lost: int

    async def outlast(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, self.since + seconds + OVERTIME - time.monotonic()))

    async def end(self) -> int:
        """Wake it, and wait until it has dealt with what it had in hand. Returns how many leases it found lost."""
        self.replica.wake()
        await self.replica.ready()
        looks: list[str] = []
        while len(looks) < QUIET_LOOKS or len(set(looks[-QUIET_LOOKS:])) > 1:
            looks.append(_busy(await self.replica.metrics()))
            await asyncio.sleep(LOOK_SECONDS)
        return await _leases_lost(self.replica) - self.lost


async def freeze(lab: Lab, replica: Replica) -> Sleep:
    """Not while it holds SQLite's write lock, which no lease can take from it: that would freeze all others too."""
    lost = await _leases_lost(replica)
    while True:
        replica.freeze()
        if not await _is_locked(lab):
            return Sleep(replica, time.monotonic(), lost)
        replica.wake()
        lab.note("frozen anew, off the write lock")
        await asyncio.sleep(lab.random.uniform(0.005, 0.05))


async def _is_locked(lab: Lab) -> bool:
    return lab.store == "sqlite" and await asyncio.to_thread(_find_locked, lab.database_url.removeprefix("sqlite:///"))


def _find_locked(path: str) -> bool:
    with closing(sqlite3.connect(path, timeout=LOCK_PATIENCE, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def _busy(metrics: str) -> str:
    return "\n".join(line for line in metrics.splitlines() if line.startswith(BUSY))


async def _leases_lost(replica: Replica) -> int:
    found = re.search(rf"^{LEASES_LOST} (\S+)", await replica.metrics(), re.MULTILINE)
    return int(float(found[1])) if found else 0
