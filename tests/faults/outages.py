"""Stores that go away while the service runs, and come back: a server that ends, a file that another has locked."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from tests.contract.servers import Wire
from tests.faults.mongo_server import MongoServer
from tests.faults.small_disk import SmallDisk
from tests.pizzeria import ROOT

Act = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outage:
    """One way for a store to be away, from `begin` to `end`; `reads` and `writes` say what may still work meanwhile."""

    begin: Act
    end: Act
    reads: bool = False
    writes: bool = False


class LockHolder:
    """A process that has the file's write lock, between `take` and `release` or `kill`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process: Process | None = None

    async def take(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.lock_holder", str(self._path), cwd=ROOT, stdin=PIPE, stdout=PIPE
        )
        assert self._process.stdout
        assert await self._process.stdout.readline() == b"held\n"

    async def release(self) -> None:
        if self._process:
            await self._process.communicate(b"")  # which closes its input

    async def kill(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.communicate(b"")  # which closes its input


def sqlite_outages(holder: LockHolder, kind: str) -> list[Outage]:
    """SQLite has no server to stop: here the file is locked by another process, which ends politely or is killed."""
    ends = {"stopped": [holder.release], "killed": [holder.kill], "away": [holder.release, holder.kill]}
    return [Outage(holder.take, end, reads=True) for end in ends[kind]]


def mongo_outages(server: MongoServer, wire: Wire, kind: str) -> list[Outage]:
    """Away is it in two ways: nobody listens, and nobody answers."""
    begins: dict[str, list[Act]] = {"stopped": [server.shut_down], "killed": [server.kill], "away": [server.freeze]}
    outages = [Outage(begin, server.restart) for begin in begins[kind]]
    return outages + ([Outage(wire.down, wire.up)] if kind == "away" else [])


def disk_outages(disk: SmallDisk) -> list[Outage]:
    """A write that needs no more room than there is goes through."""
    return [Outage(disk.fill, disk.make_room, reads=True, writes=True)]
