"""Server-sent events: one order's life, and the kitchen's day, as they happen."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query, Security
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app.auth import own_order_or_staff, staff_only
from app.controllers import execute, service_of
from app.event_feed import EventFeed
from app.lean_route import LeanRoute
from app.models.base import QueryModel
from app.openapi import Responses, problems
from app.refusals import Fault, InvalidRequest
from app.responses import no_content
from app.streams import KEEP_ALIVE, KEEP_ALIVE_SECONDS, OPENING, EventStream, sse
from application.ports import LoggedEvent
from application.queries.orders import GetOrderEventsQuery
from domain.errors import StoreUnavailable
from domain.events import (
    CookingStartedEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderDeliveredEvent,
    OrderReadyEvent,
)

LAST_EVENTS = (OrderDeliveredEvent, OrderCollectedEvent, OrderCancelledEvent)
KITCHEN_EVENTS = (OrderConfirmedEvent, CookingStartedEvent, OrderReadyEvent, OrderCancelledEvent)
LargestId = Annotated[int, Field(ge=0, le=2**53)]

Encode = Callable[[LoggedEvent], bytes | None]
LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The `id` of the last event that you have.",
        json_schema_extra={"pattern": "^[0-9]{1,16}$"},
    ),
]

router = APIRouter(prefix="/api", tags=["streams"], route_class=LeanRoute)


class ResumeQuery(QueryModel):
    last_event_id: LargestId | None = Field(None, description="For clients that cannot send Last-Event-ID.")


class OrderStreamQuery(ResumeQuery):
    token: str | None = Field(None, max_length=100, description="For clients that cannot send X-Order-Token.")


def _stream_responses(id_means: str) -> Responses:
    example = 'retry: 2000\n\nid: 3\ndata: {"id": "...", "type": "CookingStarted", "version": 3, ...}\n\n'
    content = {"text/event-stream": {"schema": {"type": "string"}, "example": example}}
    stream: Responses = {200: {"description": f"An event stream; `id` is {id_means}.", "content": content}}
    return stream | problems("invalid_request", "too_many_streams")


@router.get(
    "/orders/{order_id}/stream",
    operation_id="streamOrder",
    summary="Follow an order",
    dependencies=[Security(own_order_or_staff)],
    responses=_stream_responses("the order's version")
    | {204: {"description": "The order is finished, and you have all of its events: do not come back."}}
    | problems("not_found"),
)
async def stream_order(
    request: Request,
    order_id: str,
    query: Annotated[OrderStreamQuery, Query()],
    last_event_id: LastEventId = None,
) -> Response:
    """What has happened since `Last-Event-ID` (or ever), then what happens. Ends with the order's last event."""
    seen = _resume_from(last_event_id, query.last_event_id) or 0
    feed = service_of(request).feed
    position = await feed.last_position()
    history: list[LoggedEvent] = await execute(request, GetOrderEventsQuery(order_id))
    if history and isinstance(history[-1].event, LAST_EVENTS) and history[-1].event.aggregate_version <= seen:
        return no_content()
    return EventStream(_order_chunks(feed, history, position, order_id, seen), request.app.state.stream_slots)


async def _order_chunks(
    feed: EventFeed, history: list[LoggedEvent], position: int, order_id: str, seen: int
) -> AsyncIterator[bytes]:
    def encode(entry: LoggedEvent) -> bytes | None:
        nonlocal seen
        if entry.event.aggregate_id != order_id or entry.event.aggregate_version <= seen:
            return None
        seen = entry.event.aggregate_version
        return sse(seen, entry.event)

    yield OPENING + b"".join(filter(None, map(encode, history)))
    if history and isinstance(history[-1].event, LAST_EVENTS):
        return
    async for batch, chunk in _chunks(feed, position, encode):
        yield chunk
        if any(entry.event.aggregate_id == order_id and isinstance(entry.event, LAST_EVENTS) for entry in batch):
            return


@router.get(
    "/kitchen/stream",
    operation_id="streamKitchen",
    summary="Follow the kitchen",
    dependencies=[Security(staff_only)],
    responses=_stream_responses("the event's place in the log"),
)
async def stream_kitchen(
    request: Request, query: Annotated[ResumeQuery, Query()], last_event_id: LastEventId = None
) -> Response:
    """OrderConfirmed, CookingStarted, OrderReady and OrderCancelled of all orders, from `Last-Event-ID` or from now."""
    feed = service_of(request).feed
    last, seen = await feed.last_position(), _resume_from(last_event_id, query.last_event_id)
    # Beyond the end is who was there before an older backup was restored.
    position = last if seen is None else min(seen, last)
    return EventStream(_kitchen_chunks(feed, position), request.app.state.stream_slots)


async def _kitchen_chunks(feed: EventFeed, position: int) -> AsyncIterator[bytes]:
    def encode(entry: LoggedEvent) -> bytes | None:
        return sse(entry.position, entry.event) if isinstance(entry.event, KITCHEN_EVENTS) else None

    yield OPENING
    async for _, chunk in _chunks(feed, position, encode):
        yield chunk


async def _chunks(feed: EventFeed, position: int, encode: Encode) -> AsyncIterator[tuple[list[LoggedEvent], bytes]]:
    """What is to be sent, with the events that it was made of; a comment where nothing was for a while.

    Ends where the store cannot be read: the client comes back, and says how far it got.
    """
    sent_at = time.monotonic()
    with contextlib.suppress(StoreUnavailable):
        async for batch in feed.follow(position, KEEP_ALIVE_SECONDS):
            chunk = b"".join(filter(None, map(encode, batch)))
            if not chunk and time.monotonic() - sent_at >= KEEP_ALIVE_SECONDS:
                chunk = KEEP_ALIVE
            if chunk:
                yield batch, chunk
                sent_at = time.monotonic()


def _resume_from(header: str | None, parameter: int | None) -> int | None:
    """A browser's header is newer than the address that it first opened."""
    if not header:
        return parameter
    if not (header.isascii() and header.isdecimal() and len(header) <= 16):
        raise InvalidRequest([Fault("Last-Event-ID", "Send the id of an event of this stream.")])
    return int(header)
