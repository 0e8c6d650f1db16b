"""From domain events to CloudEvents: attributes, and the event as the SDK builds it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import CloudEvent

from domain.events import DomainEvent
from infrastructure.cloudevents.data import event_data
from infrastructure.cloudevents.naming import DEFAULT_TYPE_PREFIX, schema_url, type_name

#: What makes an event the event that it is: no override may touch it.
CORE_ATTRIBUTES = frozenset(
    {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMapping:
    """How this service's events look outside. `public_url` None leaves `dataschema` out; `extensions` come on top of
    `partitionkey` and `sequence`, and win over them."""

    source: str = "/orders/service"
    type_prefix: str = DEFAULT_TYPE_PREFIX
    public_url: str | None = None
    extensions: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        core = sorted(CORE_ATTRIBUTES.intersection(self.extensions))
        if core:
            raise ValueError(f"K_CE_OVERRIDES must leave {', '.join(core)} alone")

    def constant_attributes(self, event_type: type[DomainEvent]) -> dict[str, str]:
        """What all events of a class share. Raises ValueError where the settings make no valid CloudEvent."""
        name = type_name(event_type, self.type_prefix)
        constant = {
            "specversion": "1.0",
            "type": name,
            "source": self.source,
            "datacontenttype": "application/json",
            **({"dataschema": schema_url(self.public_url, name)} if self.public_url else {}),
            **self.extensions,
        }
        _validate(constant)
        return constant

    def changing_attributes(self, event: DomainEvent) -> dict[str, Any]:
        """What is each event's own. Versions are padded, so that they sort as text."""
        changing = {
            "id": event.event_id,
            "time": event.occurred_at,
            "subject": event.aggregate_id,
            "partitionkey": event.aggregate_id,
            "sequence": sequence(event),
        }
        return {name: value for name, value in changing.items() if name not in self.extensions}

    def to_cloud_event(self, event: DomainEvent) -> CloudEvent:
        """Build the event with the SDK: the measure of what the encoders write faster."""
        attributes = self.constant_attributes(type(event)) | self.changing_attributes(event)
        return CloudEvent(attributes, msgspec.to_builtins(event_data(event)))


def sequence(event: DomainEvent) -> str:
    return f"{event.aggregate_version:010}"


def parse_overrides(text: str | None) -> dict[str, str]:
    """Read Knative's K_CE_OVERRIDES, `{"extensions": {"name": "value"}}`. Raises ValueError for anything else."""
    if not text or not text.strip():
        return {}
    try:
        overrides = json.loads(text)
    except ValueError as error:
        raise ValueError(f"K_CE_OVERRIDES is not JSON: {error}") from error
    extensions = overrides.get("extensions") or {} if isinstance(overrides, dict) else None
    if not isinstance(extensions, dict) or not all(isinstance(value, str) for value in extensions.values()):
        raise ValueError('K_CE_OVERRIDES must look like {"extensions": {"name": "value"}}, every value a string')
    return extensions


def _validate(constant: Mapping[str, str]) -> None:
    try:
        CloudEvent({**constant, "id": "any", "time": datetime.now(UTC)})
    except CloudEventValidationError as invalid:
        raise ValueError(f"these settings make no valid CloudEvent: {invalid}") from invalid
