"""Where the tests find a MongoDB-compatible server, and a wire to it that can be cut."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from enum import Enum
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient
from pymongo.uri_parser import parse_uri

SCRIPT = Path(__file__).parents[2] / "scripts" / "mongo"
#: A first start may have to install the server.
START_SECONDS = 900


def mongo_url() -> str:
    """The URL of a server. Skips the test where there is none, and fails it where one is demanded."""
    found = subprocess.run([SCRIPT], capture_output=True, text=True, timeout=START_SECONDS, check=False)  # noqa: S603
    if found.returncode == 0:
        return found.stdout.strip()
    reason = f"no MongoDB-compatible server: {found.stderr.strip()[-500:]}"
    if os.environ.get("CI") == "true" or os.environ.get("PIZZERIA_REQUIRE_MONGO"):
        pytest.fail(reason)
    pytest.skip(reason)


def in_database(url: str, name: str) -> str:
    """The same server's URL with another database in its path; options stay."""
    address, _, options = url.partition("?")
    scheme, _, rest = address.partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host}/{name}" + (f"?{options}" if options else "")


async def drop_database(server: str, name: str) -> None:
    async with AsyncMongoClient[dict[str, object]](server) as client:
        await client.drop_database(name)


class Loss(Enum):
    """What never arrives: the request, or the reply to one that was done."""

    REQUEST = 1
    REPLY = 2


class Wire:
    """A proxy on loopback, between a client and a server, that can be cut at the worst moment. Without a server it
    takes connections and never says a word."""

    def __init__(self, target: tuple[str, int] | None = None) -> None:
        self.port = 0
        #: How often it was cut as asked for.
        self.cuts = 0
        self._target = target
        self._lose: tuple[bytes, Loss] | None = None
        self._gathering: tuple[bytes, asyncio.Barrier] | None = None
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    def lose_request(self, holding: bytes) -> None:
        """Cut the connection before the next request that holds these bytes gets through."""
        self._lose = (holding, Loss.REQUEST)

    def lose_reply(self, holding: bytes) -> None:
        """Let the next such request through, and cut when its reply comes: it is done, and the client cannot know."""
        self._lose = (holding, Loss.REPLY)

    def gather_requests(self, holding: bytes, parties: int) -> None:
        """Hold such requests back until so many have come, each on a connection of its own; then let them all go."""
        self._gathering = (holding, asyncio.Barrier(parties))

    @property
    def held(self) -> int:
        """How many requests are held back now."""
        return self._gathering[1].n_waiting if self._gathering else 0

    @property
    def gathered(self) -> bool:
        """Whether the requests that were asked for have come."""
        return self._gathering is None

    async def up(self) -> None:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        if self._server:
            self._server.close()
        await asyncio.sleep(0.01)  # let what the kernel has accepted become a connection, to be closed like the others
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection
        self._connections.add(connection)
        try:
            if self._target:
                await self._relay(reader, writer, *self._target)
            else:
                await reader.read(-1)
        except (asyncio.CancelledError, OSError):
            pass  # `down`, or one of the sides is gone; nobody waits for the outcome of a connection
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
            self._connections.discard(connection)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
        server_reader, server_writer = await asyncio.open_connection(host, port)
        doomed = asyncio.Event()
        pumps = [
            asyncio.create_task(self._requests(reader, server_writer, doomed)),
            asyncio.create_task(self._replies(server_reader, writer, doomed)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            server_writer.close()
            with suppress(OSError):
                await server_writer.wait_closed()

    def _loss_at(self, request: bytes) -> Loss | None:
        """Whether to cut at this request, and when."""
        if self._lose and self._lose[0] in request:
            (_, loss), self._lose = self._lose, None
            return loss
        return None

    async def _gather(self, request: bytes) -> None:
        if self._gathering and self._gathering[0] in request:
            await self._gathering[1].wait()
            self._gathering = None

    async def _requests(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await source.read(1 << 20):
            if loss := self._loss_at(data):
                self.cuts += 1
                if loss is Loss.REQUEST:
                    return
                doomed.set()
            await self._gather(data)
            to.write(data)
            await to.drain()

    async def _replies(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await source.read(1 << 20):
            if doomed.is_set():
                return
            to.write(data)
            await to.drain()


def address_of(url: str) -> tuple[str, int]:
    """The host and port of a MongoDB URL's first server."""
    host, port = parse_uri(url)["nodelist"][0]
    return host, port or 27017


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    """A wire to the server of this URL, up."""
    wire = Wire(address_of(url))
    await wire.up()
    try:
        yield wire
    finally:
        await wire.down()
