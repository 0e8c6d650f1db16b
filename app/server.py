"""The HTTP server: uvicorn, which ends event streams first when it is told to stop, and answers whoever has asked."""

import asyncio
import contextlib
import os
import select
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

#: How long requests in flight may take after a stop was asked for, in seconds.
GRACE = 5
#: How long clients with an open connection have after that for one more request, in seconds: its answer tells them to
#: open another one, elsewhere. Closed at once, a connection would be closed in the face of who is asking just then.
FAREWELL = 0.5
BACKLOG = 2048


class Connection(HttpToolsProtocol):
    """Ends between two requests only: one that has begun to come in is answered."""

    _unanswered = 0

    def on_message_begin(self) -> None:
        self._unanswered += 1
        super().on_message_begin()

    def on_response_complete(self) -> None:
        self._unanswered -= 1
        super().on_response_complete()

    def shutdown(self) -> None:
        if not self._unanswered and not self._has_input():
            self.transport.close()
        elif self.cycle and not self.cycle.response_complete:
            self.cycle.keep_alive = False

    def _has_input(self) -> bool:
        """Whether something has come in that the event loop has not read yet."""
        poll = select.poll()
        poll.register(self.transport.get_extra_info("socket").fileno(), select.POLLIN)
        return bool(poll.poll(0))


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
        await self._close_doors()
        await self._bid_farewell()
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()

    async def _close_doors(self) -> None:
        """Listen no more. The kernel would reset the connections that it has taken and nobody has accepted yet."""
        listeners = [socket.socket(fileno=os.dup(door.fileno())) for server in self.servers for door in server.sockets]
        for server in self.servers:
            server.close()  # for the event loop; the copies keep the doors open
        queued = [connection for listener in listeners for connection in _accept_all(listener)]
        for connection in queued:
            await asyncio.get_running_loop().connect_accepted_socket(self._new_connection, connection)

    async def _bid_farewell(self) -> None:
        """Every answer from now on ends its connection."""
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        deadline = asyncio.get_running_loop().time() + FAREWELL
        while self.server_state.connections and not self.force_exit:
            if asyncio.get_running_loop().time() > deadline:
                return
            await asyncio.sleep(0.01)

    def _new_connection(self) -> asyncio.Protocol:
        return Connection(self.config, self.server_state, self.lifespan.state)

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


def _accept_all(listener: socket.socket) -> Iterator[socket.socket]:
    """Accept what waits, and close the listener with the next breath."""
    listener.setblocking(False)
    with listener, contextlib.suppress(BlockingIOError):
        while True:
            yield listener.accept()[0]


def make_server(
    app: ASGIApp, host: str, port: int, *, on_start: Callable[[int], None], on_stop: Callable[[], None]
) -> Server:
    """Port 0 takes a free one."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=Connection,
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
