"""A MongoDB-compatible server of one's own, which may be killed: `scripts/mongo` on a port that nobody else uses."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.contract.servers import SCRIPT, START_SECONDS

#: How far from the shared server's port.
PORTS_APART = 10


class MongoServer:
    """A server that is up from the start. What ends it or makes it hang is over after `restart`, its data still there.

    Every method raises AssertionError, with what the script said, where that fails.
    """

    def __init__(self) -> None:
        self.port = int(os.environ.get("PIZZERIA_TEST_MONGO_PORT", "27117")) + PORTS_APART
        self.url = f"mongodb://127.0.0.1:{self.port}/"

    async def start(self) -> None:
        """Start it, without data."""
        await self.run()

    async def shut_down(self) -> None:
        """Let it end politely."""
        await self.run("down")

    async def kill(self) -> None:
        """A power cut: SIGKILL to every process of the database."""
        await self.run("kill")

    async def freeze(self) -> None:
        """Connections stay open, and no answer comes."""
        await self.run("freeze")

    async def restart(self) -> None:
        await self.run("restart")

    async def remove(self) -> None:
        await self.run("stop")

    async def run(self, *arguments: str) -> None:
        own = {name: value for name, value in os.environ.items() if name != "PIZZERIA_TEST_MONGO_URL"}
        script = await asyncio.create_subprocess_exec(
            SCRIPT, *arguments, env=own | {"PIZZERIA_TEST_MONGO_PORT": str(self.port)},
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        async with asyncio.timeout(START_SECONDS):
            _, said = await script.communicate()
        assert script.returncode == 0, f"scripts/mongo {' '.join(arguments)}: {said.decode(errors='replace')}"


@asynccontextmanager
async def own_mongo_server() -> AsyncIterator[MongoServer]:
    """Skips the test where no server can be started here, as where tests run against somebody else's from afar; fails
    it in CI."""
    server = MongoServer()
    await server.remove()  # what a run that was broken off has left
    try:
        await server.start()
    except AssertionError as failure:
        if os.environ.get("CI") == "true" or os.environ.get("PIZZERIA_REQUIRE_MONGO"):
            raise
        pytest.skip(f"no server of its own for this test: {failure}")
    try:
        yield server
    finally:
        await server.remove()
