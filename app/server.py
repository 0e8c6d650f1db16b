"""The HTTP server: uvicorn, which ends event streams first when it is told to stop."""

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

#: How long requests in flight may take after a stop was asked for, in seconds.
GRACE = 5
BACKLOG = 2048


class Server(uvicorn.Server):
    """`on_start` gets the port as soon as it is open; `on_stop` is called as soon as a stop is asked for."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[int], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_start(self.servers[0].sockets[0].getsockname()[1])

    def stop(self) -> None:
        """End streams, then finish what is in flight."""
        self.should_exit = True
        self._on_stop()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:
            self.force_exit = True
        self.stop()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Whoever is in a hurry does not wait for open connections; the service itself is always stopped in order."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals in the event loop, and leave them at that: a stop that was asked for is no failure."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def make_server(
    app: ASGIApp, host: str, port: int, *, on_start: Callable[[int], None], on_stop: Callable[[], None]
) -> Server:
    """Port 0 takes a free one."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        date_header=True,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE,
    )
    return Server(config, on_start, on_stop)
