"""Server-sent events: the answer that stays open, and the limit on how many do."""

from collections.abc import AsyncIterator

from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.types import Receive, Scope, Send

from app.models.events import event_json
from app.refusals import TooManyStreams
from domain.events import DomainEvent

KEEP_ALIVE_SECONDS = 15.0
KEEP_ALIVE = b": still here\n\n"
#: What a browser waits before it comes back, in milliseconds.
OPENING = b"retry: 2000\n\n"


class StreamSlots:
    """Counts open streams. Raises `TooManyStreams` past the limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.open = 0

    def __enter__(self) -> None:
        if self.open >= self._limit:
            raise TooManyStreams(f"{self._limit} streams are open already. Try again later.")
        self.open += 1

    def __exit__(self, *failure: object) -> None:
        self.open -= 1


class EventStream(EventSourceResponse):
    """Holds one slot from its first byte to its last."""

    def __init__(self, chunks: AsyncIterator[bytes], slots: StreamSlots) -> None:
        super().__init__(chunks, headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        self._slots = slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._slots:
            await super().__call__(scope, receive, send)


def sse(event_id: int, event: DomainEvent) -> bytes:
    return format_sse_event(id=str(event_id), data_str=event_json(event).decode())
