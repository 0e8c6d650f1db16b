"""The service as a client sees it: every call is repeated until it is answered or patience is at its end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import aiohttp
import msgspec

from app.replay.failure import Refused, ReplayFailed

PAGE = 200
REQUEST_SECONDS = 30.0
#: How long to wait before asking again, by the problem's code, in seconds.
PASSING = {"kitchen_full": 0.05, "version_conflict": 0.02}
OVERLOADED = (429, 503)

T = TypeVar("T")


class OrderAnswer(msgspec.Struct, frozen=True, rename="camel"):
    """The part of an order that a replay needs. `total_amount` is in minor units."""

    id: str
    status: str
    open_moves: list[str]
    total_amount: int
    pizza_count: int


class OrderPage(msgspec.Struct, frozen=True, rename="camel"):
    items: list[OrderAnswer]
    next_cursor: str | None


class DeadLetters(msgspec.Struct, frozen=True):
    items: list[dict[str, Any]]


class Backlog(msgspec.Struct, frozen=True):
    documents: int


class Readiness(msgspec.Struct, frozen=True):
    backlog: Backlog


class Problem(msgspec.Struct, frozen=True):
    """What is read of an error; other servers in between may answer without any of it."""

    code: str = "unknown"
    detail: str = ""


class Answer(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    retry_after: float | None

    def decode(self, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.DecodeError as failure:
            raise ReplayFailed(f"The service's answer is not what was expected: {failure}") from None

    def problem(self) -> Problem:
        try:
            return msgspec.json.decode(self.body, type=Problem)
        except msgspec.DecodeError:
            return Problem()

    def pause(self, code: str) -> float | None:
        """How long to wait before the call is worth repeating, in seconds; None where it never is."""
        if self.status in OVERLOADED:
            return self.retry_after or 1.0
        return PASSING.get(code)


class PizzeriaClient:
    """Makes no more than `connections` calls at once.

    `patience` is how long one call is repeated while the service is away or busy, in seconds.
    Every method raises `Refused` for a refusal that repeating does not help, and `ReplayFailed` past the patience.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, connections: int, patience: float) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._patience = patience
        self.connections = connections
        self.requests = 0
        self.repeats = 0

    async def replace_menu(self, menu: dict[str, Any]) -> None:
        await self._call("PUT", "/api/menu", json=menu)

    async def place(self, order: dict[str, Any], idempotency_key: str) -> OrderAnswer:
        """Place an order, or find the one that was placed under this key before."""
        answer = await self._call("POST", "/api/orders", json=order, headers={"Idempotency-Key": idempotency_key})
        return answer.decode(OrderAnswer)

    async def get(self, order_id: str) -> OrderAnswer:
        return (await self._call("GET", f"/api/orders/{order_id}")).decode(OrderAnswer)

    async def move(self, order_id: str, move: str) -> OrderAnswer:
        return (await self._call("POST", f"/api/orders/{order_id}/{move}")).decode(OrderAnswer)

    async def orders(self, status: str) -> AsyncIterator[OrderAnswer]:
        """Every order in this status, the newest first."""
        query: dict[str, str] = {"status": status, "limit": str(PAGE)}
        while True:
            page = (await self._call("GET", "/api/orders", params=query)).decode(OrderPage)
            for order in page.items:
                yield order
            if page.next_cursor is None:
                return
            query["cursor"] = page.next_cursor

    async def count_dead_letters(self) -> int:
        """Parked deliveries, counted up to a page."""
        answer = await self._call("GET", "/api/dead-letters", params={"limit": str(PAGE)})
        return len(answer.decode(DeadLetters).items)

    async def count_waiting(self) -> int:
        """Orders with events that some handler has still to see, as the service last counted them."""
        # Asked once: a service that is not ready says so with 503, and its answer holds the figure all the same.
        try:
            answer = await self._send("GET", "/health/ready")
        except (aiohttp.ClientError, TimeoutError) as failure:
            raise ReplayFailed(f"GET /health/ready went unanswered: {failure or 'too slow'}") from None
        return answer.decode(Readiness).backlog.documents

    async def _call(self, method: str, path: str, **content: Any) -> Answer:
        deadline = time.monotonic() + self._patience
        while True:
            refusal, pause = await self._try(method, path, **content)
            if isinstance(refusal, Answer):
                return refusal
            if pause is None or time.monotonic() + pause > deadline:
                raise refusal
            self.repeats += 1
            await asyncio.sleep(pause)

    async def _try(self, method: str, path: str, **content: Any) -> tuple[Answer | ReplayFailed, float | None]:
        try:
            answer = await self._send(method, path, **content)
        except (aiohttp.ClientError, TimeoutError) as failure:
            why = failure or "too slow"
            return ReplayFailed(f"{method} {path} went unanswered for {self._patience:g} s: {why}"), 0.5
        if answer.status < 300:
            return answer, None
        problem = answer.problem()
        refusal = Refused(f"{method} {path}", answer.status, problem.code, problem.detail)
        return refusal, answer.pause(problem.code)

    async def _send(self, method: str, path: str, **content: Any) -> Answer:
        self.requests += 1
        async with self._session.request(method, self._url + path, **content) as response:
            retry_after = response.headers.get("Retry-After", "")
            wait = float(retry_after) if retry_after.isdecimal() else None
            return Answer(response.status, await response.read(), wait)


@asynccontextmanager
async def connect(url: str, api_key: str, connections: int, patience: float = 60.0) -> AsyncIterator[PizzeriaClient]:
    """A client with connections of its own."""
    # aiohttp itself: httpx would take more of the processor than the service that it shares it with.
    async with aiohttp.ClientSession(
        headers={"X-API-Key": api_key},
        connector=aiohttp.TCPConnector(limit=connections),
        timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
    ) as session:
        yield PizzeriaClient(session, url, connections, patience)
