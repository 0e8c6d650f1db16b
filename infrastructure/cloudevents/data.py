"""The data of a CloudEvent: the event's own fields in camelCase, without those that tell who the customer is.

Privacy by default: a field named in `personal_fields` of the event's class never leaves the house.
"""

import functools
import types
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from domain.events import DomainEvent
from infrastructure.cloudevents.naming import camel

#: Moments carry an offset; in UTC that is written as RFC 3339 with Z.
Moment = Annotated[datetime, msgspec.Meta(tz=True)]

_COMMON = {field.name for field in fields(DomainEvent)}


_data_types: dict[type[DomainEvent], type[msgspec.Struct]] = {}


def data_type(event_type: type[DomainEvent]) -> type[msgspec.Struct]:
    """Give the class of an event's data: the aggregate's id (`orderId`), then the event's own public fields."""
    found = _data_types.get(event_type)
    if found is None:
        found = _data_types[event_type] = _make_data_type(event_type)
    return found


def _make_data_type(event_type: type[DomainEvent]) -> type[msgspec.Struct]:
    hints = get_type_hints(event_type)
    public = {
        field.name: hints[field.name]
        for field in fields(event_type)
        if field.name not in _COMMON | event_type.personal_fields
    }
    names = {"aggregate_id": camel(f"{event_type.aggregate_type}_id")} | {name: camel(name) for name in public}
    return _struct(event_type.__name__.removesuffix("Event"), {"aggregate_id": str} | public, names)


def event_data(event: DomainEvent) -> msgspec.Struct:
    """The published part of an event. Raises `msgspec.ValidationError` for a moment that carries no offset."""
    return msgspec.convert(event, data_type(type(event)), from_attributes=True)


def _struct(name: str, hints: dict[str, Any], names: dict[str, str]) -> type[msgspec.Struct]:
    members = [(field, _published(hint)) for field, hint in hints.items()]
    return msgspec.defstruct(name, members, rename=names, frozen=True, gc=False)


def _published(hint: Any) -> Any:
    """The same type for a field's value, with camelCase in whatever it is made of."""
    if hint is datetime:
        return Moment
    if is_dataclass(hint) and isinstance(hint, type):
        return _nested(hint)
    parts = tuple(_published(part) for part in get_args(hint))
    if not parts:
        return hint
    origin = get_origin(hint)
    return Union[parts] if origin in (Union, types.UnionType) else origin[parts]  # noqa: UP007 - built at run time


@functools.cache
def _nested(value_type: type) -> type[msgspec.Struct]:
    hints = get_type_hints(value_type)
    return _struct(value_type.__name__, hints, {name: camel(name) for name in hints})
