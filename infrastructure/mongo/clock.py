"""The server's time, as far as this process can tell: replicas may disagree about the hour, leases must not."""

import asyncio
import math
import time
from datetime import UTC, datetime

from application.background import end, run_forever
from domain.errors import StoreUnavailable
from infrastructure.mongo.client import Client
from infrastructure.mongo.errors import store_errors
from infrastructure.store_clock import StoreClock

MEASURE_SECONDS = 30.0
#: An answer that took longer says too little about when the server looked at its clock, in seconds.
SLOWEST_ANSWER = 1.0


class ServerClock(StoreClock):
    """Set by the server's clock, which it asks now and then."""

    def __init__(self) -> None:
        super().__init__()
        self._tasks: list[asyncio.Task[None]] = []

    def set(self, server_time: datetime, measured_at: float) -> None:
        """Note that the server's clock showed `server_time` when the monotonic one showed `measured_at`, in seconds."""
        self._origin = round((server_time.timestamp() - measured_at) * 1000)

    async def start(self, client: Client) -> None:
        """Set the clock, and keep it set. Raises `StoreUnavailable`."""
        # The first answer is slow, since it comes with a connection; but it is nearer than an hour that may be wrong.
        await self._measure(client, math.inf)
        await self._measure(client, SLOWEST_ANSWER)
        self._tasks = [run_forever("server clock", lambda: self._measure_forever(client))]

    async def stop(self) -> None:
        await end(self._tasks)

    async def _measure(self, client: Client, slowest: float) -> None:
        asked = time.monotonic()
        with store_errors():
            local_time: datetime = (await client.admin.command("hello"))["localTime"]
        answered = time.monotonic()
        if answered - asked < slowest:
            self.set(local_time.replace(tzinfo=UTC), (asked + answered) / 2)

    async def _measure_forever(self, client: Client) -> None:
        while True:
            await asyncio.sleep(MEASURE_SECONDS)
            try:
                await self._measure(client, SLOWEST_ANSWER)
            except StoreUnavailable:
                continue  # the last measure holds
