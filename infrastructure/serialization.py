"""Domain objects to and from what stores keep: JSON bytes for SQLite, documents with dates for MongoDB."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from application.dispatch.outbox import Delivery, PendingEvent
from domain import events
from domain.events import DomainEvent

T = TypeVar("T")

EVENT_TYPES: dict[str, type[DomainEvent]] = {
    name: member
    for name, member in vars(events).items()
    if isinstance(member, type) and issubclass(member, DomainEvent)
}

_encoder = msgspec.json.Encoder()
_event_decoders = {name: msgspec.json.Decoder(event_type) for name, event_type in EVENT_TYPES.items()}


class StoredEvent(msgspec.Struct, omit_defaults=True):
    """A pending event in JSON: the name of its class, its fields, and what is still to do (see `PendingEvent`)."""

    type: str
    data: msgspec.Raw
    todo: dict[str, Delivery] | None = None


_stored_events = msgspec.json.Decoder(list[StoredEvent])


def to_json(value: object) -> bytes:
    return _encoder.encode(value)


def decode_event(type_name: str, data: bytes | msgspec.Raw) -> DomainEvent:
    """Raises `msgspec.ValidationError` for data that is no such event, KeyError for an unknown type."""
    return _event_decoders[type_name].decode(data)


def pending_to_json(pending: Sequence[PendingEvent]) -> bytes:
    return _encoder.encode(
        [StoredEvent(type(p.event).__name__, msgspec.Raw(_encoder.encode(p.event)), p.todo) for p in pending]
    )


def pending_from_json(data: bytes | None) -> list[PendingEvent]:
    if not data:
        return []
    return [PendingEvent(decode_event(stored.type, stored.data), stored.todo) for stored in _stored_events.decode(data)]


def to_document(value: object) -> Any:
    """Plain dicts and lists, dates left as dates: what BSON takes."""
    return msgspec.to_builtins(value, builtin_types=(datetime,))


def from_document(document: Any, expected: type[T]) -> T:
    """Raises `msgspec.ValidationError` where the document has not the expected shape."""
    return msgspec.convert(document, expected, builtin_types=(datetime,))


def event_to_document(event: DomainEvent) -> dict[str, Any]:
    return {"type": type(event).__name__, "data": to_document(event)}


def event_from_document(document: dict[str, Any]) -> DomainEvent:
    return from_document(document["data"], EVENT_TYPES[document["type"]])


def pending_to_document(pending: PendingEvent) -> dict[str, Any]:
    document = event_to_document(pending.event)
    if pending.todo is not None:
        document["todo"] = to_document(pending.todo)
    return document


def pending_from_document(document: dict[str, Any]) -> PendingEvent:
    todo = document.get("todo")
    return PendingEvent(
        event_from_document(document), None if todo is None else from_document(todo, dict[str, Delivery])
    )
