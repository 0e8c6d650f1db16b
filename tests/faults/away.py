"""What every store that goes away has in common: it is told, refused for, and over by itself when the store is back."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

import aiohttp

from tests.app.orders import a_request
from tests.faults.lab import Lab
from tests.faults.ledger import PLACE, Verdict
from tests.faults.outages import Outage
from tests.faults.replica import API_KEY, Replica
from tests.faults.traffic import Traffic
from tests.waiting import eventually

UNTOLD = "outages that health did not tell"
UNENDED = "outages that went on when the store was back"
WRONG_ANSWERS = "answers that neither do it nor say when to try again"
#: Generous: how soon health tells is asserted elsewhere.
TOLD_SECONDS, CLEAR_SECONDS = 30.0, 60.0
#: No order was finished for so long: the service hangs.
NONE_SECONDS = 60.0


@dataclass
class Ordeal:
    """A replica under load whose store goes away, once for each outage, for `seconds` after health has told it."""

    lab: Lab
    replica: Replica
    traffic: Traffic
    seconds: float
    wrong: Verdict = field(default_factory=Verdict)

    async def run(self, outages: Iterable[Outage], orders_between: int) -> Verdict:
        self.traffic.start()
        for outage in outages:
            await some_orders(self.traffic, orders_between)
            await self._go_through(outage)
        await some_orders(self.traffic, orders_between)
        await self.traffic.stop()
        verdict = await self.lab.close_the_books()
        for what in (UNTOLD, UNENDED, WRONG_ANSWERS):
            verdict.counts[what] = self.wrong.counts[what]
            verdict.examples[what] = self.wrong.examples[what]
        verdict.facts["refused meanwhile"] = self.traffic.answers[503]
        return verdict

    async def _go_through(self, outage: Outage) -> None:
        await outage.begin()
        try:
            if not await self._tells("unready", TOLD_SECONDS):
                self.wrong.add(UNTOLD, str(await self.replica.health()))
            await self._probe(outage)
            await asyncio.sleep(self.seconds)
        finally:
            await outage.end()
        if not await self._tells("ready", CLEAR_SECONDS):
            self.wrong.add(UNENDED, str(await self.replica.health()))
        self.lab.note("outages")

    async def _tells(self, status: str, seconds: float) -> bool:
        """Whether health says so in time; `degraded` counts as ready."""

        async def so() -> bool:
            told: str = (await self.replica.health())["status"]
            return (told == "unready") == (status == "unready")

        try:
            await eventually(so, seconds)
        except AssertionError:
            return False
        return True

    async def _probe(self, outage: Outage) -> None:
        """What can be done is done; what cannot is refused as something that may be tried again."""
        order = f"/api/orders/{self.lab.ledger.acknowledged[0].order_id}"
        async with aiohttp.ClientSession(self.replica.url, headers={"X-API-Key": API_KEY}) as session:
            async with session.get(order) as response:
                self._judge(response, done=outage.reads and response.status == 200)
            async with session.post("/api/orders", json=a_request()) as response:
                placed = outage.writes and response.status == 201
                if placed:
                    self.lab.ledger.acknowledge((await response.json())["id"], PLACE, 1)
                self.lab.ledger.unsure += not placed
                self._judge(response, done=placed)

    def _judge(self, response: aiohttp.ClientResponse, *, done: bool) -> None:
        if not done and (response.status != 503 or int(response.headers.get("Retry-After", 0)) < 1):
            self.wrong.add(WRONG_ANSWERS, f"{response.method} {response.url.path}: {response.status}")


async def some_orders(traffic: Traffic, count: int) -> None:
    """Wait until so many more orders have been taken to their ends. Raises AssertionError where none is any more."""
    goal = traffic.finished + count
    while traffic.runs and traffic.finished < goal:
        await _another(traffic)


async def _another(traffic: Traffic) -> None:
    before = traffic.finished
    await eventually(lambda: traffic.finished > before or not traffic.runs, NONE_SECONDS)
