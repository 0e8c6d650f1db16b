"""A sink for CloudEvents on loopback that keeps what it takes."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import uvicorn

from application.background import end, run_forever

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Sink:
    """`events` are those taken, in order, each once however often it came; `url` is where they are posted."""

    url: str
    events: list[dict[str, Any]] = field(default_factory=list)

    def types_of(self, subject: str) -> list[str]:
        """The types of what was taken of one aggregate, in order."""
        return [event["type"] for event in self.events if event["subject"] == subject]

    async def __call__(self, _scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        body = b""
        while message := await receive():
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        event = msgspec.json.decode(body)
        if event["id"] not in {known["id"] for known in self.events}:
            self.events.append(event)
        await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def open_sink() -> AsyncIterator[Sink]:
    """Listens on a free port of loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        sink = Sink(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        server = uvicorn.Server(uvicorn.Config(sink, log_config=None, lifespan="off"))

        async def serve() -> None:
            await server.serve(sockets=[listening])

        serving = run_forever("demo-sink", serve)
        try:
            yield sink
        finally:
            server.should_exit = True
            await end([serving])
