"""JSON Schemas of the events' data, made from the same classes that encode it."""

import functools
from typing import Any

import msgspec

from domain.events import DomainEvent
from infrastructure.cloudevents.data import data_type
from infrastructure.cloudevents.naming import DEFAULT_TYPE_PREFIX, schema_url, type_name
from infrastructure.serialization import EVENT_TYPES

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@functools.cache
def published_types(type_prefix: str = DEFAULT_TYPE_PREFIX) -> dict[str, type[DomainEvent]]:
    """The events that go out, by CloudEvent type. Base classes do not happen."""
    outgoing = (kind for kind in EVENT_TYPES.values() if kind.published and not kind.__subclasses__())
    return {type_name(kind, type_prefix): kind for kind in outgoing}


def event_schema(
    type_name: str, *, type_prefix: str = DEFAULT_TYPE_PREFIX, public_url: str | None = None
) -> dict[str, Any] | None:
    """Describe the data of a CloudEvent type in JSON Schema 2020-12; None where there is no such type."""
    kind = published_types(type_prefix).get(type_name)
    if kind is None:
        return None
    data = data_type(kind)
    _, components = msgspec.json.schema_components([data], ref_template="#/$defs/{name}")
    root = components.pop(data.__name__)
    return {
        "$schema": DIALECT,
        **({"$id": schema_url(public_url, type_name)} if public_url else {}),
        **root,
        **({"$defs": components} if components else {}),
    }
