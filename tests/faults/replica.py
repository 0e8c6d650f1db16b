"""One replica of the service: a process that can be started, frozen, killed and started again."""

import asyncio
import signal
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tests.faults.ledger import Ledger
from tests.faults.receiver import Receiver
from tests.pizzeria import ROOT, free_port
from tests.pizzeria import start as start_pizzeria
from tests.waiting import eventually

API_KEY = "mario-secret"
START_SECONDS = 60.0
#: A stop that takes longer than this is none, in seconds.
STOP_SECONDS = 30.0


class Replica:
    """`settings` are environment variables. Each start is an incarnation, with addresses of its own to send events to.

    `tree` is where the service's code is: the project, or a copy with a mistake in it.
    """

    def __init__(
        self,
        name: str,
        ledger: Ledger,
        receiver: Receiver,
        folder: Path,
        *,
        settings: Mapping[str, str],
        tree: Path = ROOT,
    ) -> None:
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.incarnations = 0
        self.settings = dict(settings)
        self._ledger = ledger
        self._receiver = receiver
        self._log = folder / f"{name}.log"
        self._tree = tree
        self._process: Process | None = None

    @property
    def incarnation(self) -> str:
        return f"{self.name}{self.incarnations}"

    @property
    def process(self) -> Process:
        assert self._process, f"{self.name} was not started"
        return self._process

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self, *, ready: bool = True, **once: str) -> None:
        """Start it; `once` are settings for this incarnation alone. `ready=False` does not wait until it is."""
        self.incarnations += 1
        with self._log.open("ab") as log:
            self._process = await start_pizzeria(
                "serve", settings=self._environment(once), output=log, tree=self._tree, module="tests.faults.launcher"
            )
        if ready:
            await self.ready()

    async def ready(self) -> None:
        await eventually(self._is_ready, START_SECONDS)

    async def kill(self) -> None:
        """A crash: no goodbye."""
        self._ledger.excused.add(self.incarnation)
        if self.runs:
            self.process.kill()
        await self.process.wait()

    async def died(self) -> None:
        """Wait until it has been killed from within, at a failpoint."""
        self._ledger.excused.add(self.incarnation)
        await self.process.wait()
        assert self.process.returncode == -signal.SIGKILL, f"{self.name} ended by itself: {self.tail()}"

    def freeze(self) -> None:
        self._ledger.excused.add(self.incarnation)
        self.process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    async def stop(self) -> int:
        """A polite end. Returns the exit code."""
        if self.runs:
            self.process.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            return await self.process.wait()

    async def health(self) -> dict[str, Any]:
        """What `/health/ready` says. Raises `aiohttp.ClientError` and TimeoutError where nobody answers."""
        async with _session() as session, session.get(f"{self.url}/health/ready") as response:
            body: dict[str, Any] = await response.json()
            return body

    async def metrics(self) -> str:
        async with _session() as session, session.get(f"{self.url}/metrics") as response:
            return await response.text()

    def tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    async def _is_ready(self) -> bool:
        assert self.runs, f"{self.name} ended at its start: {self.tail()}"
        try:
            return bool((await self.health())["status"] != "unready")
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _environment(self, once: Mapping[str, str]) -> dict[str, str]:
        own = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "PIZZERIA_API_KEYS": f"mario:{API_KEY}",
            "PIZZERIA_LOG_FORMAT": "json",
        }
        return own | self._receiver.addresses(self.incarnation) | self.settings | dict(once)


def _session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5))
