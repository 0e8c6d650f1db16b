"""A real HTTP sink on loopback that a test controls: what it answers, and what it has taken."""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, cast

import httptools
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat

BATCH_TYPE = "application/cloudevents-batch+json"


@dataclass(frozen=True, slots=True)
class Reply:
    """Answers, after `after` seconds. `raw` goes out as it is, in place of all else."""

    status: int = 202
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    after: float = 0.0
    close: bool = False
    raw: bytes | None = None

    @property
    def takes(self) -> bool:
        return 200 <= self.status < 300

    def encode(self) -> bytes:
        if self.raw is not None:
            return self.raw
        names = {name.lower() for name in self.headers}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in self.headers.items())]
        if not names & {"content-length", "transfer-encoding"}:
            lines.append(f"Content-Length: {len(self.body)}")
        if self.close:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass(frozen=True, slots=True)
class Silence:
    """Reads the request and never answers."""

    takes: bool = False


@dataclass(frozen=True, slots=True)
class Reset:
    """Breaks the connection instead of answering; `takes` says whether it kept the events."""

    takes: bool = False


@dataclass(frozen=True, slots=True)
class HalfReply:
    """Breaks the connection within the answer; `takes` says whether it kept the events."""

    sent: bytes = b"HTTP/1.1 202 Accepted\r\nContent-Length: 10\r\n\r\nhalf"
    takes: bool = False


Behaviour = Reply | Silence | Reset | HalfReply
OK = Reply()


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Sink:
    """`async with Sink() as sink`: takes every event until told otherwise.

    `script(...)` says what happens to the next requests, one behaviour each; `behaviour` to all others.
    `requests` has everything that came in, `events` what was taken, both in order.
    """

    def __init__(self) -> None:
        self.behaviour: Behaviour = OK
        self.requests: list[Request] = []
        self.events: list[BaseCloudEvent] = []
        self.connections = 0
        self.drop_every: int | None = None
        self.port = 0
        self._script: deque[Behaviour] = deque()
        self._open: set[_Connection] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.accept_connections()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.refuse_connections()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/events"

    @property
    def ids(self) -> list[str]:
        return [event.get_id() for event in self.events]

    def ids_of(self, subject: str) -> list[str]:
        """What was taken of one aggregate, in order."""
        return [event.get_id() for event in self.events if event.get_subject() == subject]

    @property
    def open_connections(self) -> int:
        return len(self._open)

    def script(self, *behaviours: Behaviour) -> None:
        self._script.extend(behaviours)

    def drop_every_nth_reply(self, nth: int | None) -> None:
        """Take the events of each nth request and break the connection instead of answering; None ends that."""
        self.drop_every = nth

    async def accept_connections(self) -> None:
        """Listen: on a free port at first, on the same one after `refuse_connections`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def refuse_connections(self) -> None:
        """Stop listening and break what is connected."""
        if self._server is not None:
            self._server.close()
            await asyncio.sleep(0.01)  # what the kernel has accepted becomes a connection, to be broken like the others
            self.break_connections()
            await self._server.wait_closed()
            self._server = None

    def break_connections(self) -> None:
        for connection in list(self._open):
            connection.transport.abort()

    def close_idle_connections(self) -> None:
        """Close politely (FIN), as servers do with connections that were idle for too long."""
        for connection in list(self._open):
            connection.transport.close()

    async def wait_until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Raises TimeoutError when the condition has not come true in time."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)

    async def wait_for_events(self, count: int, seconds: float = 10.0) -> None:
        await self.wait_until(lambda: len(self.events) >= count, seconds)

    # What the connections call

    def next_behaviour(self, request: Request) -> Behaviour:
        self.requests.append(request)
        if self._script:
            return self._script.popleft()
        if self.drop_every and len(self.requests) % self.drop_every == 0:
            return Reset(takes=True)
        return self.behaviour

    def take(self, request: Request) -> None:
        self.events.extend(parse_events(request.headers, request.body))

    def connected(self, connection: "_Connection") -> None:
        self.connections += 1
        self._open.add(connection)

    def disconnected(self, connection: "_Connection") -> None:
        self._open.discard(connection)


class _Connection(asyncio.Protocol):
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._sink.connected(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._sink.disconnected(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._path = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []

    def on_url(self, url: bytes) -> None:
        self._path += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode().lower()] = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        request = Request(method, self._path.decode(), self._headers, b"".join(self._body))
        behaviour = self._sink.next_behaviour(request)
        if behaviour.takes:
            self._sink.take(request)
        if isinstance(behaviour, Reply) and behaviour.after:
            asyncio.get_running_loop().call_later(behaviour.after, self._behave, behaviour)
        else:
            self._behave(behaviour)

    def _behave(self, behaviour: Behaviour) -> None:
        match behaviour:
            case Reply():
                self.transport.write(behaviour.encode())
                if behaviour.close:
                    self.transport.close()
            case HalfReply():
                self.transport.write(behaviour.sent)
                self.transport.close()
            case Reset():
                self.transport.abort()


def parse_events(headers: Mapping[str, str], body: bytes) -> Sequence[BaseCloudEvent]:
    """Read the events of a request in any content mode; what is no CloudEvent (a display's call) has none."""
    content_type = headers.get("content-type", "")
    if content_type.startswith(BATCH_TYPE):
        return [JSONFormat().read(None, json.dumps(event)) for event in json.loads(body)]
    if "ce-id" in headers or content_type.startswith("application/cloudevents"):
        return [from_http_event(HTTPMessage(dict(headers), body))]
    return []
