"""Guests and staff: they take orders through their lives over HTTP, insist until they are answered, and write every
acknowledged command into the ledger."""

import asyncio
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from tests.faults.ledger import PLACE, Ledger
from tests.faults.replica import API_KEY

PICKUP = ("confirm", "cook", "ready", "collect")
DELIVERY = ("confirm", "cook", "ready", "dispatch", "deliver")
ADDRESS = {"street": "Via Roma 1", "city": "Firenze", "postalCode": "50123"}
Lives = Sequence[tuple[tuple[str, ...], int]]
#: What makes an order, in which share: most are picked up, some delivered, some cancelled on the way.
LIVES: Lives = (
    (PICKUP, 80),
    (DELIVERY, 10),
    (("cancel",), 4),
    (("confirm", "cancel"), 3),
    (("confirm", "cook", "ready", "cancel"), 3),
)
#: All have a phone, every so many a mail address too.
MAIL_EVERY = 3
#: On average: one when it is placed, and one for each move.
EVENTS_OF_AN_ORDER = sum((1 + len(life)) * share for life, share in LIVES) / sum(share for _, share in LIVES)
#: How long an answer is waited for before another replica is asked, in seconds.
PATIENCE = 4.0


class Traffic:
    """`urls` says which replicas may be asked now; `answers` counts what they said, by status, 0 for no answer at all.

    `clients` orders are under way at once, each client rests for `pause` seconds between two. An answer that stays away
    leaves it open whether the command was done: the client asks again, and finds out from the order itself, as real
    ones do.
    """

    def __init__(
        self,
        ledger: Ledger,
        urls: Callable[[], Sequence[str]],
        seed: int,
        *,
        clients: int = 16,
        pause: float = 0.0,
        patience: float = PATIENCE,
        keep_alive: bool = True,
        lives: Lives = LIVES,
    ) -> None:
        self.answers: Counter[int] = Counter()
        #: Requests that went out on a connection, and came to nothing.
        self.unanswered: list[str] = []
        #: Commands that were done all the same, as a later try has shown.
        self.done_unanswered: list[str] = []
        self.finished = 0
        self.clients = clients
        self._ledger = ledger
        self._urls = urls
        self._random = random.Random(seed)
        self._lives = lives
        self._pause = pause
        self._patience = patience
        self._keep_alive = keep_alive
        self._placed = 0
        self._name = uuid.uuid4().hex
        self._stopping = False
        self._session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None

    async def run(self, orders: int) -> None:
        """Take so many orders to the end of their lives, or as many as there are until `stop`."""
        self._stopping = False
        await self._run(orders)

    async def _run(self, orders: int) -> None:
        last = self._placed + orders
        async with aiohttp.ClientSession(
            headers={"X-API-Key": API_KEY},
            connector=aiohttp.TCPConnector(limit=0, force_close=not self._keep_alive),
            timeout=aiohttp.ClientTimeout(total=self._patience),
        ) as self._session:
            await asyncio.gather(*(self._serve_until(last) for _ in range(self.clients)))

    def start(self, orders: int = 1_000_000) -> None:
        """The same, in the background."""
        self._stopping = False  # now, and not when the task begins: `stop` may come before
        self._task = asyncio.create_task(self._run(orders), name="traffic")

    @property
    def runs(self) -> bool:
        return self._task is not None and not self._task.done()

    async def stop(self) -> None:
        """Place no more, and take those under way to their end."""
        self._stopping = True
        await self.join()

    async def join(self) -> None:
        """Wait until all that `start` was asked for has been done."""
        if self._task is not None:
            await self._task

    async def _serve_until(self, last: int) -> None:
        while self._placed < last and not self._stopping:
            self._placed += 1
            await self._live(self._placed)
            self.finished += 1
            await asyncio.sleep(self._pause)

    async def _live(self, number: int) -> None:
        life = self._random.choices([life for life, _ in self._lives], [share for _, share in self._lives])[0]
        order_id = await self._place(number, delivered="dispatch" in life)
        for move in life:
            await self._move(order_id, move)

    async def _place(self, number: int, *, delivered: bool) -> str:
        fulfilment = {"type": "delivery", "address": ADDRESS} if delivered else {"type": "pickup"}
        customer = {"name": "Ada Rossi", "phone": f"+39055{number:07}"}
        if number % MAIL_EVERY == 0:
            customer["email"] = f"ada{number}@example.com"
        order = {
            "customer": customer,
            "fulfilment": fulfilment,
            "items": [{"pizza": "margherita", "size": "large", "quantity": 1 + number % 3}],
        }
        while True:
            asked_at = datetime.now(UTC)
            status, body = await self.ask(
                "POST", "/api/orders", json=order, headers={"Idempotency-Key": f"{self._name}-{number}"}
            )
            if status in (200, 201):
                self._ledger.acknowledge(body["id"], PLACE, 1)
                order_id: str = body["id"]
                if datetime.fromisoformat(body["placedAt"]) < asked_at - timedelta(milliseconds=1):
                    self.done_unanswered.append(f"{PLACE} {order_id}")
                return order_id
            self._ledger.unsure += 1
            await self._wait(status, body)

    async def _move(self, order_id: str, move: str) -> None:
        uncertain = False
        while True:
            status, body = await self.ask("POST", f"/api/orders/{order_id}/{move}")
            if status == 200:
                self._ledger.acknowledge(order_id, move, body["version"])
                return
            if status == 409 and body["code"] == "illegal_move":
                # Nobody else moves this order, so it can only have been an earlier try, whose answer was lost.
                assert uncertain, f"{move} of {order_id} was refused: {body}"
                self.done_unanswered.append(f"{move} {order_id}")
                return
            uncertain = uncertain or status in (0, 500, 503)
            await self._wait(status, body)

    async def ask(self, method: str, path: str, **content: Any) -> tuple[int, dict[str, Any]]:
        """One request to one of the replicas; status 0 where no answer came."""
        assert self._session
        urls = self._urls()
        status, body = 0, {}
        if urls:
            try:
                url = urls[self._random.randrange(len(urls))]
                async with self._session.request(method, url + path, **content) as response:
                    body = await response.json()
                    status = response.status
            except aiohttp.ClientConnectorError:
                pass  # nobody listens there now
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as failure:
                self.unanswered.append(f"{method} {path}: {failure!r}")
        self.answers[status] += 1
        return status, body

    async def _wait(self, status: int, body: dict[str, Any]) -> None:
        """Before asking again. Raises AssertionError for an answer that no fault explains."""
        passing = status in (0, 429, 503) or body.get("code") in ("kitchen_full", "version_conflict")
        assert passing, f"an answer that should not be: {status} {body}"
        await asyncio.sleep(0.05 if status in (0, 409) else 0.2)
