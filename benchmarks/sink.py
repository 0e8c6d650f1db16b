"""A CloudEvents sink that only counts, a process of its own: `python -m benchmarks.sink DATA_PORT CONTROL_PORT`.

Events go to the data port, which can be closed and opened to play an outage; questions to the control port.
"""

import asyncio
import re
import sys
import time

import msgspec
import uvloop

from benchmarks.http1 import Message, MessageProtocol

_ID = re.compile(rb'"id": ?"([^"]+)"')
_HEADER_ID = re.compile(rb"\r\nce-id: *([^\r]+)", re.IGNORECASE)
_FACTS = re.compile(rb'"id": ?"(?P<id>[^"]+)".*?"time": ?"(?P<time>[^"]+)".*?"subject": ?"(?P<subject>[^"]+)"')
ACCEPTED = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class Count(msgspec.Struct):
    """Events by distinct id, repeats of them, posts, and the Unix times of the first and last new event."""

    events: int = 0
    repeats: int = 0
    posts: int = 0
    first: float = 0.0
    last: float = 0.0


class Arrival(msgspec.Struct, array_like=True):
    """An event's subject, its `time`, and when it arrived (Unix time)."""

    subject: str
    time: str
    arrived: float


class Sink:
    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self.transports: set[asyncio.BaseTransport] = set()
        self.reset()

    def reset(self) -> None:
        self.count = Count()
        self._ids: set[bytes] = set()
        self._kept: list[tuple[float, bytes]] | None = None

    def take(self, message: Message) -> None:
        now = time.time()
        header_id = _HEADER_ID.search(message.head)
        ids = [header_id[1]] if header_id else _ID.findall(message.body)
        count, before = self.count, len(self._ids)
        self._ids.update(ids)
        count.events = len(self._ids)
        count.repeats += len(ids) - (count.events - before)
        count.posts += 1
        count.first = count.first or now
        count.last = now
        if self._kept is not None:
            self._kept.append((now, message.body))

    async def open(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: _DataProtocol(self), "127.0.0.1", self._port)

    async def close(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for transport in list(self.transports):
            transport.close()

    async def answer(self, path: str) -> object:
        """`/open`, `/close`, `/reset`, `/keep` (from now on, structured events only), `/count`, `/arrivals`."""
        match path:
            case "/open":
                await self.open()
            case "/close":
                await self.close()
            case "/reset":
                self.reset()
            case "/keep":
                self._kept = []
            case "/arrivals":
                return [_arrival(moment, body) for moment, body in self._kept or []]
        return self.count


def _arrival(moment: float, body: bytes) -> Arrival:
    facts = _FACTS.search(body)
    if facts is None:
        raise ValueError(f"not a structured event as expected: {body[:300]!r}")
    return Arrival(facts["subject"].decode(), facts["time"].decode(), moment)


class _DataProtocol(MessageProtocol):
    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._sink.transports.add(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._sink.transports.discard(self.transport)

    def received(self, message: Message) -> None:
        self.transport.write(ACCEPTED)
        self._sink.take(message)


class _ControlProtocol(MessageProtocol):
    def __init__(self, sink: Sink) -> None:
        super().__init__()
        self._sink = sink
        self._tasks: set[asyncio.Task[None]] = set()

    def received(self, message: Message) -> None:
        task = asyncio.create_task(self._answer(message.head.split(b" ", 2)[1].decode()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, path: str) -> None:
        body = msgspec.json.encode(await self._sink.answer(path))
        self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))


async def serve(data_port: int, control_port: int) -> None:
    sink = Sink(data_port)
    await sink.open()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _ControlProtocol(sink), "127.0.0.1", control_port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), int(sys.argv[2])))
