"""Where a fault is tried out: a store, replicas on it, a receiver for their events, traffic, and the ledger."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.faults.books import Auditor
from tests.faults.larder import fill
from tests.faults.ledger import Ledger, Verdict
from tests.faults.receiver import Receiver
from tests.faults.replica import Replica
from tests.faults.traffic import LIVES, PATIENCE, Lives, Traffic
from tests.mail_server import listening
from tests.pizzeria import ROOT

LEASE_SECONDS = 2.0
#: Short, since a run is short; `attempts` so many that nothing is parked unless a run wants that.
SETTINGS = {
    "PIZZERIA_LEASE_SECONDS": str(LEASE_SECONDS),
    "PIZZERIA_RETRY_BASE_SECONDS": "0.05",
    "PIZZERIA_RETRY_CAP_SECONDS": "1",
    "PIZZERIA_RETRY_ATTEMPTS": "100",
    "PIZZERIA_KITCHEN_CAPACITY": "1000",
    "PIZZERIA_LOG_LEVEL": "warning",
}
#: Nothing that waits has moved for so long: it is stuck. Longer than every lease, backoff and pause of these settings.
STUCK_SECONDS = 20.0
#: How often a long run tells how far it is.
PROGRESS_SECONDS = 15.0


@dataclass
class Lab:
    """`full` runs have the sizes that the reliability report names, others a few of each."""

    store: str
    database_url: str
    auditor: Auditor
    folder: Path
    seed: int
    full: bool
    receiver: Receiver
    ledger: Ledger
    tree: Path = ROOT
    replicas: list[Replica] = field(default_factory=list)
    facts: dict[str, int] = field(default_factory=dict)
    #: Whether the stock room has been filled.
    stocked: bool = False

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._opening = asyncio.Lock()

    def size(self, full: int, short: int) -> int:
        return full if self.full else short

    def replica(self, name: str = "a", **settings: str) -> Replica:
        """A replica that is not started yet."""
        own = {"PIZZERIA_DATABASE_URL": self.database_url, **SETTINGS, **settings}
        made = Replica(name, self.ledger, self.receiver, self.folder, settings=own, tree=self.tree)
        self.replicas.append(made)
        return made

    async def started(self, name: str = "a", **settings: str) -> Replica:
        made = self.replica(name, **settings)
        async with self._opening:
            if not self.stocked:
                await made.start()
                await self.stock_up(made)
                return made
        await made.start()
        return made

    async def opened(self, name: str = "a", **settings: str) -> Replica:
        """A replica that has filled the stock room, and has been stopped again."""
        made = await self.started(name, **settings)
        await made.stop()
        return made

    async def stock_up(self, replica: Replica) -> None:
        """Fill the stock room, once, before there are others that know nothing of the recipes for a second."""
        await fill(replica)
        self.stocked = True

    def traffic(
        self,
        *,
        clients: int = 16,
        pause: float = 0.0,
        patience: float = PATIENCE,
        keep_alive: bool = True,
        lives: Lives = LIVES,
        urls: Callable[[], Sequence[str]] | None = None,
    ) -> Traffic:
        """Clients of all replicas that run, or of those that `urls` says."""
        seed = self.random.randrange(2**32)
        return Traffic(
            self.ledger, urls or self.urls, seed,
            clients=clients, pause=pause, patience=patience, keep_alive=keep_alive, lives=lives,
        )  # fmt: skip

    def urls(self) -> list[str]:
        """Whom clients may ask. One that was just killed may be among them, as behind any load balancer."""
        return [replica.url for replica in self.replicas if replica.runs]

    def note(self, what: str, count: int = 1) -> None:
        """Count what the run was made of, for the report."""
        self.facts[what] = self.facts.get(what, 0) + count

    async def take_orders(self, orders: int) -> None:
        """Take so many orders to the end of their lives, and tell now and then how far that is."""
        traffic, told_at = self.traffic(), time.monotonic()
        traffic.start(orders)
        while traffic.runs:
            await asyncio.sleep(0.02)
            if time.monotonic() - told_at > PROGRESS_SECONDS:
                told_at = time.monotonic()
                self.say(f"{traffic.finished:,} of {orders:,} orders done")
        await traffic.join()

    def say(self, what: str) -> None:
        """Tell how far a run is that takes minutes; `pytest -s` shows it."""
        if self.full:
            print(f"{self.store}: {what}", flush=True)  # noqa: T201

    async def settle(self, *, parked: int = 0) -> bool:
        """Wait until no more than `parked` orders have events that wait. False where nothing moves any more."""
        least, moved_at = None, time.monotonic()
        while (waiting := await self.auditor.waiting()) > parked:
            if least is None or waiting < least:
                least, moved_at = waiting, time.monotonic()
            if time.monotonic() - moved_at > STUCK_SECONDS:
                return False
            await asyncio.sleep(0.1)
        return True

    async def close_the_books(self) -> Verdict:
        """Let everything arrive, stop what runs, and compare the ledger with the store."""
        settled = await self.settle()
        reported = settled or await self._is_reported()
        for replica in self.replicas:
            if replica.runs:
                await replica.stop()
        verdict = self.ledger.judge(await self.auditor.read(), display=True, messages=True)
        if not reported:
            verdict.add("stuck and not reported", "events wait, nothing moves, and no replica says so")
        verdict.facts |= self.facts
        return verdict

    async def _is_reported(self) -> bool:
        """Whether some replica's health tells that events wait."""
        for replica in self.replicas:
            try:
                health = await replica.health()
            except (aiohttp.ClientError, TimeoutError):
                continue
            if health["backlog"]["documents"] or health["backlog"]["deadLetters"]:
                return True
        return False


@asynccontextmanager
async def a_lab(
    store: str, database_url: str, auditor: Auditor, folder: Path, *, seed: int, full: bool, tree: Path = ROOT
) -> AsyncIterator[Lab]:
    """A lab with its receiver open; every process that it started has ended when it closes."""
    ledger = Ledger()
    async with Receiver(ledger) as receiver, AsyncExitStack() as at_the_end:
        at_the_end.enter_context(listening(receiver.post_office))
        lab = Lab(store, database_url, auditor, folder, seed, full, receiver, ledger, tree)
        try:
            yield lab
        finally:
            for replica in lab.replicas:
                if replica.runs:
                    await replica.kill()
            await auditor.close()


def describe(facts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {what}" for what, count in facts.items())
