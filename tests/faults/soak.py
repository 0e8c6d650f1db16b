"""An hour of mixed load with kills: what moves from the first quarter to the last.

`make soak` (MINUTES=60, STORE=sqlite or mongodb). One replica lives through all of it and is measured; a second one
is killed every half minute. Orders, reads and an event stream come at a steady pace, so that the quarters compare.
"""

import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp

from tests.contract.servers import drop_database, in_database, mongo_url
from tests.faults.books import Auditor, MongoAuditor, SqliteAuditor
from tests.faults.conftest import RESULTS
from tests.faults.lab import Lab, a_lab
from tests.faults.replica import API_KEY, Replica

CLIENTS = 8
#: Seconds between one client's orders, and between two reads.
ORDER_PAUSE, READ_PAUSE = 0.4, 0.05
KILL_EVERY = 30.0
SAMPLE_EVERY = 2.0
READS = ("/api/orders?limit=20", "/api/kitchen", "/api/menu", "/health/ready", "/metrics")


@dataclass(slots=True)
class Quarter:
    """Medians over a quarter of the soak, of the replica that lives through it. Latencies are those of its reads."""

    orders: int
    memory_mb: float
    open_files: float
    store_bytes_per_order: float
    latency_p50_ms: float
    latency_p99_ms: float


@dataclass(slots=True)
class Sample:
    orders: int
    memory_mb: float
    open_files: int
    store_bytes: int


class Soak:
    def __init__(self, lab: Lab, minutes: float) -> None:
        self._lab = lab
        self._seconds = minutes * 60
        self._started = time.monotonic()
        self._samples: list[list[Sample]] = [[], [], [], []]
        self._latencies: list[list[float]] = [[], [], [], []]
        self._steady = lab.replica("a")
        self._doomed = lab.replica("b")

    async def run(self) -> list[Quarter]:
        await self._steady.start()
        await self._lab.stock_up(self._steady)
        await self._doomed.start()
        traffic = self._lab.traffic(clients=CLIENTS, pause=ORDER_PAUSE)
        traffic.start()
        self._started = time.monotonic()
        work = [asyncio.create_task(job()) for job in (self._read, self._stream, self._kill, self._sample)]
        while time.monotonic() < self._started + self._seconds and not any(task.done() for task in work):
            await asyncio.sleep(0.5)
        for task in work:
            task.cancel()
        ended = await asyncio.gather(*work, return_exceptions=True)
        for outcome in ended:
            if not isinstance(outcome, asyncio.CancelledError):
                raise RuntimeError("a part of the soak ended early") from outcome
        await traffic.stop()
        return [self._quarter(number) for number in range(4)]

    def _quarter_now(self) -> int:
        return min(3, int(4 * (time.monotonic() - self._started) / self._seconds))

    def _quarter(self, number: int) -> Quarter:
        samples, latencies = self._samples[number], sorted(self._latencies[number])
        first, last = samples[0], samples[-1]
        orders = last.orders - first.orders
        return Quarter(
            orders=orders,
            memory_mb=round(statistics.median(sample.memory_mb for sample in samples), 1),
            open_files=statistics.median(sample.open_files for sample in samples),
            store_bytes_per_order=round((last.store_bytes - first.store_bytes) / max(1, orders)),
            latency_p50_ms=round(1000 * latencies[len(latencies) // 2], 2),
            latency_p99_ms=round(1000 * latencies[len(latencies) * 99 // 100], 2),
        )

    async def _read(self) -> None:
        async with aiohttp.ClientSession(self._steady.url, headers={"X-API-Key": API_KEY}) as session:
            while True:
                started = time.perf_counter()
                async with session.get(self._lab.random.choice(READS)) as response:
                    await response.read()
                self._latencies[self._quarter_now()].append(time.perf_counter() - started)
                await asyncio.sleep(READ_PAUSE)

    async def _stream(self) -> None:
        """A kitchen screen that is switched on and off."""
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(self._steady.url, headers={"X-API-Key": API_KEY}, timeout=timeout) as session:
            while True:
                with suppress(TimeoutError):
                    async with session.get("/api/kitchen/stream") as response:
                        await response.read()

    async def _kill(self) -> None:
        while True:
            await asyncio.sleep(KILL_EVERY)
            await self._doomed.kill()
            await self._doomed.start()
            self._lab.note("kills")

    async def _sample(self) -> None:
        while True:
            self._samples[self._quarter_now()].append(
                Sample(
                    orders=len({ack.order_id for ack in self._lab.ledger.acknowledged if ack.move == "place"}),
                    memory_mb=_memory_mb(self._steady),
                    open_files=len(os.listdir(f"/proc/{self._steady.process.pid}/fd")),
                    store_bytes=await self._lab.auditor.size(),
                )
            )
            minutes = (time.monotonic() - self._started) / 60
            print(f"{minutes:6.1f} min  {self._samples[self._quarter_now()][-1]}", flush=True)  # noqa: T201
            await asyncio.sleep(max(SAMPLE_EVERY, self._seconds / 200))


def _memory_mb(replica: Replica) -> float:
    pages = int(Path(f"/proc/{replica.process.pid}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)


async def soak(store: str, minutes: float, seed: int) -> int:
    """Returns the exit code: 1 where the ledger found something."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        server, database = "", f"soak_{uuid.uuid4().hex}"
        auditor: Auditor
        if store == "sqlite":
            url = f"sqlite:///{folder / 'pizzeria.db'}"
            auditor = SqliteAuditor(folder / "pizzeria.db")
        else:
            server = mongo_url()
            url, auditor = in_database(server, database), MongoAuditor(server, database)
        try:
            async with a_lab(store, url, auditor, folder, seed=seed, full=True) as lab:
                quarters = await Soak(lab, minutes).run()
                verdict = await lab.close_the_books()
        finally:
            if server:
                await drop_database(server, database)
    result = {
        "store": store, "minutes": minutes, "seed": seed, "facts": verdict.facts, "counts": verdict.counts,
        "quarters": [asdict(quarter) for quarter in quarters],
    }  # fmt: skip
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"soak-{store}.json").write_text(json.dumps(result, indent=1))
    print(json.dumps(result, indent=1), verdict, sep="\n")  # noqa: T201
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    chosen = int(os.environ.get("SEED") or random.randrange(2**32))
    print(f"SEED={chosen}")  # noqa: T201
    sys.exit(asyncio.run(soak(os.environ.get("STORE", "sqlite"), float(os.environ.get("MINUTES", "60")), chosen)))
