"""What has come in: one for each (source, id) of a CloudEvent, kept for ever, so that no repeat counts however late."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.aggregate import AggregateRoot
from domain.events import IncomingEvent


@dataclass(slots=True, kw_only=True)
class IncomingState:
    source: str
    cloud_event_id: str
    received_at: datetime


class Incoming(AggregateRoot[IncomingState]):
    """An inbox entry. It is added where there is none, and raises the one event that tells what was reported."""

    @classmethod
    def take(
        cls,
        kind: type[IncomingEvent],
        *,
        source: str,
        cloud_event_id: str,
        cloud_event_type: str,
        cloud_event_time: datetime | None,
        facts: Mapping[str, Any],
        now: datetime,
    ) -> "Incoming":
        """`facts` are the fields of `kind` that other kinds do not have."""
        incoming = cls(
            incoming_id(source, cloud_event_id),
            IncomingState(source=source, cloud_event_id=cloud_event_id, received_at=now),
        )
        incoming._record(
            kind,
            now,
            source=source,
            cloud_event_id=cloud_event_id,
            cloud_event_type=cloud_event_type,
            cloud_event_time=cloud_event_time,
            **facts,
        )
        return incoming

    @classmethod
    def restore(cls, incoming_id: str, state: IncomingState, version: int) -> "Incoming":
        """Rebuild a stored one. Raises no event."""
        return cls(incoming_id, state, version)


def incoming_id(source: str, cloud_event_id: str) -> str:
    """The same for the same (source, id), which CloudEvents declares to be the same event; neither holds a NUL."""
    return hashlib.sha256(f"{source}\0{cloud_event_id}".encode()).hexdigest()[:40]
