"""The audit trail, as the staff reads it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from pydantic import Field

from app.models.base import QueryModel, ResponseModel, example
from app.models.events import EVENT_EXAMPLE, EventResponse, event_document
from application.ports import LoggedEvent

ENTRY_EXAMPLE = {**EVENT_EXAMPLE, "position": 42, "recordedAt": "2026-05-04T18:35:00.131Z", "aggregateType": "order"}
_encode = msgspec.json.Encoder().encode


class AuditEntryResponse(EventResponse):
    model_config = example(ENTRY_EXAMPLE)

    position: int = Field(description="Its place in the trail: from 1 on, without gaps.")
    recorded_at: datetime
    aggregate_type: str = Field(description="What it happened to: `order`, `menu` ...")


class AuditTrailResponse(ResponseModel):
    model_config = example({"items": [ENTRY_EXAMPLE], "nextCursor": None})

    items: list[AuditEntryResponse]
    next_cursor: int | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


class AuditTrailQuery(QueryModel):
    limit: int = Field(50, ge=1, le=500)
    cursor: int | None = Field(None, ge=1, le=2**53, description="`nextCursor` of the page before.")
    aggregate_id: str | None = Field(None, min_length=1, max_length=200, description="Of this order, menu ... alone.")


def audit_trail_json(entries: Sequence[LoggedEvent], limit: int) -> bytes:
    """Write an `AuditTrailResponse` of `limit` entries; one more of them says that there is a next page."""
    page = entries[:limit]
    following = page[-1].position if len(entries) > limit else None
    return _encode({"items": [_entry(entry) for entry in page], "nextCursor": following})


def _entry(entry: LoggedEvent) -> dict[str, object]:
    return {
        **event_document(entry.event),
        "position": entry.position,
        "recordedAt": entry.recorded_at,
        "aggregateType": entry.event.aggregate_type,
    }
