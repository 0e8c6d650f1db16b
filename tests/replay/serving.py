"""The service as users run it: a process of its own, on a free port of loopback."""

from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.pizzeria import free_port, run, start
from tests.waiting import eventually

API_KEY = "mario-secret"
START_SECONDS = 60.0


class ServiceProcess:
    """`start` it, `kill` it, and start it again on the same port. `settings` are environment variables."""

    def __init__(self, **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._settings = {"PIZZERIA_API_KEYS": f"mario:{API_KEY}", "PIZZERIA_LOG_FORMAT": "json", **settings}
        self._process: Process | None = None

    async def start(self) -> None:
        self._process = await start("serve", "--host", "127.0.0.1", "--port", self.port, settings=self._settings)
        await eventually(self._is_ready, START_SECONDS)

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    async def kill(self) -> None:
        """A crash: no goodbye."""
        assert self._process
        self._process.kill()
        await self._process.communicate()

    async def stop(self) -> int:
        """A polite end; returns the exit code."""
        assert self._process
        if self._process.returncode is None:
            self._process.terminate()
        await self._process.communicate()
        return self._process.returncode or 0

    async def _is_ready(self) -> bool:
        assert self._process
        if self._process.returncode is not None:
            output = (await self._process.communicate())[0]
            raise RuntimeError(f"the service ended at its start: {output.decode()}")
        try:
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/health/ready") as response:
                return response.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def serving(**settings: str) -> AsyncIterator[ServiceProcess]:
    service = ServiceProcess(**settings)
    try:
        await service.start()
        yield service
    finally:
        await service.stop()


async def replay(service: ServiceProcess, *options: str) -> tuple[int, str]:
    """Run `pizzeria replay` to its end; returns its exit code and what it said."""
    return await run("replay", "--url", service.url, "--api-key", API_KEY, *options, settings={}, seconds=110)
