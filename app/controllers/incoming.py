"""CloudEvents that come in, and what is known by them."""

from typing import Any

from fastapi import APIRouter, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only
from app.controllers import execute, service_of
from app.door import LARGEST_BATCH, read_events
from app.lean_route import LeanRoute
from app.models.incoming import KNOWN_TYPES, TakenEventsResponse, cloud_event_example
from app.openapi import problems
from app.responses import model_response
from application.commands.take_events import TakeEventsCommand, Taken
from infrastructure.cloudevents.encoding import BATCH_TYPE, STRUCTURED_TYPE

NOT_EMPTY = {"type": "string", "minLength": 1}
#: Null is the same as not there.
OPTIONAL = {"type": ["string", "null"], "minLength": 1}
CLOUD_EVENT: dict[str, Any] = {
    "type": "object",
    "required": ["specversion", "id", "source", "type"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": NOT_EMPTY,
        "source": NOT_EMPTY | {"format": "uri-reference"},
        "type": NOT_EMPTY | {"description": f"Known are {', '.join(KNOWN_TYPES)}."},
        "subject": OPTIONAL,
        "time": OPTIONAL | {"format": "date-time"},
        "datacontenttype": OPTIONAL,
        "dataschema": OPTIONAL | {"format": "uri"},
        "data": {"description": "As the type has it."},
        "data_base64": {"type": ["string", "null"], "contentEncoding": "base64"},
    },
    "propertyNames": {"pattern": "^([a-z0-9]+|data_base64)$"},
    "additionalProperties": {"type": ["string", "integer", "boolean", "null"]},
}
EXAMPLES = {name: {"summary": name, "value": cloud_event_example(name)} for name in KNOWN_TYPES}
BATCH_EXAMPLE = [cloud_event_example(name) for name in KNOWN_TYPES]
BODY: dict[str, Any] = {
    "required": True,
    "content": {
        STRUCTURED_TYPE: {"schema": CLOUD_EVENT, "examples": EXAMPLES},
        BATCH_TYPE: {
            "schema": {"type": "array", "maxItems": LARGEST_BATCH, "items": CLOUD_EVENT},
            "example": BATCH_EXAMPLE,
        },
    },
}

router = APIRouter(prefix="/api/events", tags=["events"], route_class=LeanRoute, dependencies=[Security(staff_only)])


@router.post(
    "",
    operation_id="takeEvents",
    summary="Report something: CloudEvents, one or many",
    status_code=202,
    response_model=TakenEventsResponse,
    responses=problems("malformed_cloud_event", "batch_too_large", "unknown_event_type"),
    openapi_extra={"requestBody": BODY},
)
async def take_events(request: Request) -> Response:
    """Structured, batched (100 at most), or in binary mode: attributes in `ce-` headers, data in the body.

    Answered once they are on disk. Each is handled once, by its source and id, however often it is sent. One that is
    malformed is named, and then nothing of its batch is taken.
    """
    service = service_of(request)
    reported = await read_events(request, refuse_unknown=service.settings.unknown_events == "refuse")
    taken: Taken = await execute(request, TakeEventsCommand(events=reported.events))
    service.metrics.incoming.taken(taken.new, taken.repeated, reported.ignored)
    answer = TakenEventsResponse(new=taken.new, repeated=taken.repeated, ignored=reported.ignored)
    return model_response(answer, 202)
