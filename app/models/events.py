"""Events as the audit trail, the streams and dead letters show them."""

from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any

import msgspec
from pydantic import Field
from pydantic.alias_generators import to_camel

from app.models.base import OrderId, ResponseModel, Version, example
from application.ports import LoggedEvent
from domain.events import DomainEvent

EVENT_EXAMPLE: dict[str, Any] = {
    "id": "01a1fc0a-db11-7cc0-8a53-0f4d3c5a7e21",
    "type": "CookingStarted",
    "aggregateId": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3",
    "version": 3,
    "occurredAt": "2026-05-04T18:35:00.125Z",
    "actor": "staff:mario",
    "data": {
        "cookingStartedTime": "2026-05-04T18:35:00.125Z",
        "userId": "mario",
        "userName": "mario",
        "estimatedReadyTime": "2026-05-04T18:43:00.125Z",
    },
}
_COMMON = frozenset(field.name for field in fields(DomainEvent))
_known_names: dict[Any, tuple[tuple[str, str], ...]] = {}
_encode = msgspec.json.Encoder().encode


class EventResponse(ResponseModel):
    model_config = example(EVENT_EXAMPLE)

    id: str = Field(description="Unique for ever; the CloudEvent of this event has the same.")
    type: str = Field(description="What happened, in the past tense.")
    aggregate_id: OrderId
    version: Version
    occurred_at: datetime
    actor: str | None = Field(
        description="Who did it: `staff:<name>`, `customer`, `guest`, or a reaction, `handler:<name>`."
    )
    data: dict[str, Any] = Field(description="The event's own facts; amounts in minor units.")


class OrderEventsResponse(ResponseModel):
    model_config = example({"items": [EVENT_EXAMPLE]})

    items: list[EventResponse]


def event_type(event: DomainEvent) -> str:
    return type(event).__name__.removesuffix("Event")


def event_document(event: DomainEvent) -> dict[str, Any]:
    """The members of an `EventResponse`, still to be encoded."""
    facts = {camel: _plain(getattr(event, name)) for name, camel in _names(type(event)) if name not in _COMMON}
    return {
        "id": event.event_id,
        "type": event_type(event),
        "aggregateId": event.aggregate_id,
        "version": event.aggregate_version,
        "occurredAt": event.occurred_at,
        "actor": event.actor,
        "data": facts,
    }


def event_json(event: DomainEvent) -> bytes:
    """Write an `EventResponse`."""
    return _encode(event_document(event))


def order_events_json(logged: list[LoggedEvent]) -> bytes:
    """Write an `OrderEventsResponse`."""
    return _encode({"items": [event_document(entry.event) for entry in logged]})


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {camel: _plain(getattr(value, name)) for name, camel in _names(type(value))}
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _names(kind: Any) -> tuple[tuple[str, str], ...]:
    names = _known_names.get(kind)
    if names is None:
        names = _known_names[kind] = tuple((field.name, to_camel(field.name)) for field in fields(kind))
    return names
