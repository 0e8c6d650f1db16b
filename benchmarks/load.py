"""The load generator, a process of its own: `python -m benchmarks.load` reads a plan from stdin, prints a result.

It does as little as it can per request, since it shares the machine with what it measures.
"""

import asyncio
import gc
import itertools
import re
import sys
import time
from collections.abc import Iterator
from typing import Any

import msgspec
import uvloop

from benchmarks.http1 import Message, MessageProtocol

_ID = re.compile(rb'"id": ?"([^"]+)"')
GRACE = 10.0


class Plan(msgspec.Struct, kw_only=True):
    """Closed loop over `connections` for `seconds` (after `warmup`), or until `total` answers. With `rate`, an open
    loop instead: requests start at fixed moments, `rate` a second, and a late answer delays none of them."""

    port: int
    requests: list[bytes]
    connections: int = 32
    seconds: float = 0.0
    warmup: float = 0.0
    total: int = 0
    rate: float = 0.0
    #: Keep when each order's answer came, and its id.
    keep: bool = False


class Answer(msgspec.Struct, array_like=True):
    """The order's id, and Unix times in seconds."""

    order_id: str
    sent: float
    answered: float


class LoadResult(msgspec.Struct, kw_only=True):
    """`rate` is answers a second. Latencies in milliseconds; in an open loop they count from the planned moment.
    `started` is the Unix time of the first request."""

    rate: float
    answers: int
    seconds: float
    started: float
    p50: float
    p99: float
    error: str | None = None
    kept: list[Answer] = []


class Generator:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.requests: Iterator[bytes] = itertools.cycle(plan.requests)
        self.latencies: list[float] = []
        self.kept: list[Answer] = []
        self.error: str | None = None
        self.done = asyncio.Event()
        self.left_to_send = plan.total or sys.maxsize
        self.left_to_answer = self.left_to_send
        self.measure_from = 0.0
        self.stop_at = float("inf")
        self.last = 0.0

    def answered(self, message: Message, sent: float) -> None:
        now = time.time()
        if message.head[9:10] != b"2":
            self.fail(f"{message.head[:60]!r} {message.body[:300]!r}")
            return
        if now >= self.stop_at:
            self.done.set()
            return
        if sent >= self.measure_from:
            self.latencies.append(now - sent)
            self.last = now
        if self.plan.keep:
            found = _ID.search(message.body)
            self.kept.append(Answer(found[1].decode() if found else "", sent, now))
        self.left_to_answer -= 1
        if not self.left_to_answer:
            self.done.set()

    def fail(self, error: str) -> None:
        self.error = self.error or error
        self.done.set()

    async def run(self) -> LoadResult:
        loop = asyncio.get_running_loop()
        connections = [
            (await loop.create_connection(lambda: _Client(self), "127.0.0.1", self.plan.port))[1]
            for _ in range(self.plan.connections)
        ]
        started = time.time()
        self.measure_from = started + self.plan.warmup
        if self.plan.rate:
            await self._at_fixed_rate(connections)
        else:
            await self._as_fast_as_answered(connections)
        for connection in connections:
            connection.transport.close()
        return self._result(started)

    async def _as_fast_as_answered(self, connections: list["_Client"]) -> None:
        if self.plan.seconds:
            self.stop_at = self.measure_from + self.plan.seconds
        for connection in connections:
            connection.send_next()
        await self.done.wait()

    async def _at_fixed_rate(self, connections: list["_Client"]) -> None:
        idle = connections
        begin = time.time()
        self.left_to_answer = count = int(self.plan.rate * self.plan.seconds)
        for number in range(count):
            moment = begin + number / self.plan.rate
            if moment > time.time():
                await asyncio.sleep(moment - time.time())
            client = next((client for client in idle if not client.busy), None)
            if client is None:
                self.fail(f"more than {len(connections)} requests in flight at {self.plan.rate:g}/s")
            if client is None or self.error:
                return
            client.send(next(self.requests), moment)
        async with asyncio.timeout(GRACE):
            await self.done.wait()

    def _result(self, started: float) -> LoadResult:
        ordered = sorted(self.latencies)
        seconds = max(self.last - self.measure_from, 1e-9)
        return LoadResult(
            rate=len(ordered) / seconds,
            answers=len(ordered),
            seconds=seconds,
            started=started,
            p50=percentile(ordered, 0.50) * 1e3,
            p99=percentile(ordered, 0.99) * 1e3,
            error=self.error,
            kept=self.kept,
        )


class _Client(MessageProtocol):
    """One connection, one request at a time."""

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self._generator = generator
        self._sent = 0.0
        self.busy = False

    def send(self, request: bytes, moment: float) -> None:
        self.busy = True
        self._sent = moment
        self.transport.write(request)

    def send_next(self) -> None:
        generator = self._generator
        if generator.left_to_send and not generator.done.is_set():
            generator.left_to_send -= 1
            self.send(next(generator.requests), time.time())

    def received(self, message: Message) -> None:
        self.busy = False
        self._generator.answered(message, self._sent)
        if not self._generator.plan.rate:
            self.send_next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._generator.fail(f"the server closed a connection: {exc}")


def percentile(ordered: list[float], share: float) -> float:
    """The value below which `share` of a sorted list lies; 0 for an empty one."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def main() -> None:
    plan = msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)
    gc.disable()

    async def run() -> LoadResult:
        return await Generator(plan).run()

    result: Any = uvloop.run(run())
    sys.stdout.buffer.write(msgspec.json.encode(result))


if __name__ == "__main__":
    main()
