"""What operators see: dead letters, and how the service is."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from app.models.base import QueryModel, ResponseModel, example
from app.models.events import EVENT_EXAMPLE, EventResponse, event_document
from application.dispatch.outbox import DeadLetter
from application.health import Status

DEAD_LETTER_EXAMPLE: dict[str, Any] = {
    "id": "order:01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3:3:CloudEventsHandler",
    "handler": "CloudEventsHandler",
    "event": EVENT_EXAMPLE,
    "attempts": 10,
    "parkedAt": "2026-05-04T19:10:00.125Z",
    "error": "Rejected: the sink answered 415",
    "heldBack": 2,
}


class DeadLetterResponse(ResponseModel):
    """A delivery that was given up for now."""

    model_config = example(DEAD_LETTER_EXAMPLE)

    id: str
    handler: str
    event: EventResponse
    attempts: int
    parked_at: datetime
    error: str
    held_back: int = Field(description="How many later events of the same order wait behind it.")

    @classmethod
    def of(cls, letter: DeadLetter) -> "DeadLetterResponse":
        return cls(
            id=letter.id,
            handler=letter.handler,
            event=EventResponse.model_validate(event_document(letter.event)),
            attempts=letter.attempts,
            parked_at=letter.parked_at,
            error=letter.error,
            held_back=letter.held_back,
        )


class DeadLettersResponse(ResponseModel):
    model_config = example({"items": [DEAD_LETTER_EXAMPLE], "nextCursor": None})

    items: list[DeadLetterResponse]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


class DeadLettersQuery(QueryModel):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=300, description="`nextCursor` of the page before.")


class StoreHealth(ResponseModel):
    ready: bool
    name: str = Field(description="`sqlite` or `mongodb`.")
    error: str | None
    clock_skew_seconds: float = Field(description="How far the store's clock is ahead of this machine's.")


class FailingHandler(ResponseModel):
    handler: str
    error: str = Field(description="The class of its last failure; `Stalled` while a call goes unanswered.")
    code: int | None = Field(description="The HTTP status that the other side answered with, if it did.")


class BacklogHealth(ResponseModel):
    ready: bool
    documents: int = Field(description="Orders and other things with events that still wait for a handler.")
    oldest_seconds: float = Field(description="How long the oldest of them has waited.")
    dead_letters: int = Field(description="Orders with a parked delivery.")
    paused_handlers: list[str] = Field(description="Handlers that wait until what they talk to is back.")
    failing_handlers: list[FailingHandler] = Field(
        description="Handlers that failed lately and have not succeeded since; those that pause are among them."
    )
    waiting_by_handler: dict[str, int] = Field(
        description="Orders with events that wait for a handler's next try, or for room; without those at 0."
    )
    leases_lost: int = Field(description="Leases that ended before their work did, in the last seconds.")


class ReadinessResponse(ResponseModel):
    model_config = example(
        {
            "status": "degraded",
            "reasons": ["handler_failing"],
            "store": {"ready": True, "name": "sqlite", "error": None, "clockSkewSeconds": 0.0},
            "backlog": {
                "ready": True,
                "documents": 3,
                "oldestSeconds": 12.4,
                "deadLetters": 0,
                "pausedHandlers": [],
                "failingHandlers": [{"handler": "CloudEventsHandler", "error": "SinkRefused", "code": 500}],
                "waitingByHandler": {"CloudEventsHandler": 3},
                "leasesLost": 0,
            },
        }
    )

    status: Status
    reasons: list[str] = Field(description="The names of what is wrong; none when `ready`.")
    store: StoreHealth
    backlog: BacklogHealth


class LivenessResponse(ResponseModel):
    model_config = example({"status": "alive"})

    status: Literal["alive"] = "alive"
