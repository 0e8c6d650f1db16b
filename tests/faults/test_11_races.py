"""Fault 11: fifty clients at once want something else of the same order."""

import asyncio
from collections.abc import Iterable
from typing import Any

import aiohttp
import pytest

from tests.app.orders import a_request
from tests.faults.books import Books
from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import LATE, PLACE, RAISES, Verdict
from tests.faults.places import need_a_place
from tests.faults.replica import API_KEY

CLIENTS = 50
#: How many orders are raced for at a time.
ORDERS_AT_ONCE = 4
PATIENCE = aiohttp.ClientTimeout(total=60)
#: Some moves are wanted more, so that most orders get somewhere before they are cancelled.
WANTED = {"confirm": 18, "cook": 14, "ready": 10, "collect": 6, "cancel": 2}
#: Which moves may follow which.
NEXT = {
    PLACE: {"confirm", "cancel"},
    "confirm": {"cook", "cancel"},
    "cook": {"ready", "cancel"},
    "ready": {"collect", "cancel"},
    "collect": set[str](),
    "cancel": set[str](),
}
LOST = {"illegal_move", "version_conflict", "kitchen_full"}
#: Without kills nobody waits for it to end, so let no want of processor time be what it ends for.
LONG_LEASE = "20"
ILLEGAL, UNEXPECTED, REPEATS = "illegal paths", "answers that should not be", "repeats without a cause"


class Race:
    """Clients who ask once. `lossy`: whether an answer may stay away, which leaves open what became of the request."""

    def __init__(self, lab: Lab, session: aiohttp.ClientSession, *, lossy: bool) -> None:
        self.finished = 0
        self.wrong = Verdict()
        self._lab = lab
        self._session = session
        self._lossy = lossy

    async def run(self, orders: int) -> None:
        numbers = iter(range(orders))
        await asyncio.gather(*(self._race_for(numbers) for _ in range(ORDERS_AT_ONCE)))

    async def _race_for(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            order_id = await self._place(f"{self._lab.seed}-{number}")
            moves = self._lab.random.sample(list(WANTED), CLIENTS, counts=list(WANTED.values()))
            await asyncio.gather(*(self._try(order_id, move) for move in moves))
            self.finished += 1

    async def _place(self, key: str) -> str:
        while True:
            status, body = await self._ask("/api/orders", json=a_request(), headers={"Idempotency-Key": key})
            if status in (200, 201):
                order_id: str = body["id"]
                self._lab.ledger.acknowledge(order_id, PLACE, 1)
                return order_id
            assert self._lossy, f"{status} {body}"
            self._lab.ledger.unsure += 1
            await asyncio.sleep(0.05)

    async def _try(self, order_id: str, move: str) -> None:
        status, body = await self._ask(f"/api/orders/{order_id}/{move}")
        self._lab.note("requests")
        if status == 200:
            self._lab.ledger.acknowledge(order_id, move, body["version"])
        elif not (status == 409 and body["code"] in LOST) and not (self._lossy and status in (0, 503)):
            self.wrong.add(UNEXPECTED, f"{move} of {order_id}: {status} {body}")

    async def _ask(self, path: str, **content: Any) -> tuple[int, dict[str, Any]]:
        urls = self._lab.urls()
        if not urls:
            return 0, {}
        try:
            async with self._session.post(self._lab.random.choice(urls) + path, **content) as response:
                return response.status, await response.json()
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return 0, {}


async def races(lab: Lab, *, kills: bool = False) -> Verdict:
    """Fifty at once on each order, on every replica; with `kills`, one replica after another is killed meanwhile."""
    orders = lab.size(full=100, short=5)
    for name in ("a",) if lab.store == "sqlite" else ("a", "b", "c"):
        await (lab.started(name) if kills else lab.started(name, PIZZERIA_LEASE_SECONDS=LONG_LEASE))
    async with aiohttp.ClientSession(
        headers={"X-API-Key": API_KEY}, connector=aiohttp.TCPConnector(limit=0), timeout=PATIENCE
    ) as session:
        race = Race(lab, session, lossy=kills)
        running = asyncio.create_task(race.run(orders))
        if kills:
            await _kill_until_done(lab, race, running, every=lab.size(full=5, short=2))
        await running
        if kills:
            await need_a_place(lab)
    verdict = await lab.close_the_books()
    _judge_paths(await lab.auditor.read(), verdict)
    verdict.counts[UNEXPECTED] = race.wrong.counts[UNEXPECTED]
    verdict.examples[UNEXPECTED] = race.wrong.examples[UNEXPECTED]
    if not kills:
        verdict.counts[REPEATS] = lab.ledger.repeats
    return verdict


async def _kill_until_done(lab: Lab, race: Race, running: "asyncio.Task[None]", *, every: int) -> None:
    goal = every
    while not running.done():
        if race.finished >= goal:
            goal += every
            await asyncio.sleep(lab.random.uniform(0, 0.1))
            victim = lab.random.choice(lab.replicas)
            await victim.kill()
            await victim.start()
            lab.note("kills")
        await asyncio.sleep(0.005)


def _judge_paths(books: Books, verdict: Verdict) -> None:
    """What the log tells of each order must be one way through its states."""
    verdict.counts.setdefault(ILLEGAL, 0)
    move_of = {event: move for move, event in RAISES.items()}
    last: dict[str, str] = {}
    moves = (entry for entry in books.log if entry.type != LATE)
    for entry in sorted(moves, key=lambda entry: entry.version):
        move, before = move_of[entry.type], last.get(entry.order_id)
        if move not in NEXT[before] if before else move != PLACE:
            verdict.add(ILLEGAL, f"{entry.order_id} #{entry.version}: {move} after {before}")
        last[entry.order_id] = move


@pytest.mark.fault(11, "50 clients at once on each order, one winner per move", part="a")
async def test_of_fifty_at_once_one_wins_each_move(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await races(lab))


@pytest.mark.fault(11, "the same, with `kill -9` in between", part="b")
async def test_one_wins_each_move_though_replicas_are_killed_meanwhile(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await races(lab, kills=True))
