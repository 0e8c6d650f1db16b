"""The server's time, as far as this process can tell: replicas may disagree about the hour, leases must not."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from application.background import end, run_forever
from application.clock import utc_now
from domain.errors import StoreUnavailable
from infrastructure.mongo.client import Client
from infrastructure.mongo.errors import store_errors

MEASURE_SECONDS = 30.0
#: An answer that took longer says too little about when the server looked at its clock, in seconds.
SLOWEST_ANSWER = 1.0


class ServerClock:
    """Runs on this machine's monotonic clock, set by the server's. Until it is set, it is this machine's time.

    `skew` is how far the server is ahead of this machine, in whole seconds: finer would only make stored moments
    tremble where the clocks agree.
    """

    def __init__(self) -> None:
        self.skew = timedelta()
        self._offset = time.time() - time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    def now(self) -> datetime:
        """The server's present moment, in UTC."""
        return datetime.fromtimestamp(time.monotonic() + self._offset, UTC)

    def set(self, server_time: datetime, measured_at: float) -> None:
        """Note that the server's clock showed `server_time` when the monotonic one showed `measured_at`, in seconds."""
        self._offset = server_time.timestamp() - measured_at
        self.skew = timedelta(seconds=round((self.now() - utc_now()).total_seconds()))

    async def start(self, client: Client) -> None:
        """Set the clock, and keep it set. Raises `StoreUnavailable`."""
        await self._measure(client)
        self._tasks = [run_forever("server clock", lambda: self._measure_forever(client))]

    async def stop(self) -> None:
        await end(self._tasks)

    async def _measure(self, client: Client) -> None:
        asked = time.monotonic()
        with store_errors():
            local_time: datetime = (await client.admin.command("hello"))["localTime"]
        answered = time.monotonic()
        if answered - asked < SLOWEST_ANSWER:
            self.set(local_time.replace(tzinfo=UTC), (asked + answered) / 2)

    async def _measure_forever(self, client: Client) -> None:
        while True:
            await asyncio.sleep(MEASURE_SECONDS)
            try:
                await self._measure(client)
            except StoreUnavailable:
                continue  # the last measure holds
