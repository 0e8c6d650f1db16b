"""How much memory a process takes while orders pile up, and whether it takes more for that."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.books import Auditor

#: A service that kept so much as 300 bytes of each waiting event would grow by more than a quarter from 20,000 events
#: to 100,000; what an allocator keeps for itself, and the noise of a busy service, is a tenth.
LARGEST_GROWTH = 1.25
INTERVAL_SECONDS = 0.25


@dataclass
class MemoryWatch:
    """Samples of one process, each with the orders that waited then; `async with` takes them in the background."""

    pid: int
    auditor: Auditor
    samples: list[tuple[int, int]] = field(default_factory=list)

    async def __aenter__(self) -> "MemoryWatch":
        self._task = asyncio.create_task(self._sample_forever(), name="memory")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def most(self, *, waiting: range) -> int:
        """The most MB taken while so many orders waited; 0 where no sample was taken then."""
        return max((megabytes for orders, megabytes in self.samples if orders in waiting), default=0)

    async def _sample_forever(self) -> None:
        while True:
            self.samples.append((await self.auditor.waiting(), resident_megabytes(self.pid)))
            await asyncio.sleep(INTERVAL_SECONDS)


def resident_megabytes(pid: int) -> int:
    """What a process holds in memory. Raises `FileNotFoundError` where it has ended."""
    status = Path(f"/proc/{pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(kilobytes) // 1024
