"""The schemas that published CloudEvents point to (`dataschema`)."""

from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.controllers import service_of
from app.lean_route import LeanRoute
from app.openapi import Responses, problems
from app.responses import JsonResponse
from domain.errors import NotFound
from infrastructure.cloudevents.schemas import event_schema, published_types

router = APIRouter(prefix="/schemas", tags=["events"], route_class=LeanRoute)

EXAMPLE: dict[str, Any] = {
    "title": "OrderDelivered",
    "type": "object",
    "properties": {"orderId": {"type": "string"}, "deliveredTime": {"type": "string", "format": "date-time"}},
    "required": ["orderId", "deliveredTime"],
}
SCHEMA: Responses = {
    200: {
        "description": "JSON Schema, draft 2020-12.",
        "content": {"application/schema+json": {"schema": {"type": "object"}, "example": EXAMPLE}},
    }
}


@router.get(
    "/events/{type}",
    operation_id="getEventSchema",
    summary="Read the schema of a CloudEvent's data",
    responses=SCHEMA | problems("not_found"),
)
async def get_event_schema(request: Request, type: str) -> Response:  # noqa: A002 (the name in the path)
    """`type` is the CloudEvent's, such as `com.mariopizzeria.order.confirmed.v1`."""
    settings = service_of(request).settings
    prefix = settings.cloudevents_type_prefix
    schema = event_schema(type, type_prefix=prefix, public_url=settings.public_url)
    if schema is None:
        raise NotFound(f"There is no event type '{type}'. There are: {', '.join(sorted(published_types(prefix)))}.")
    response = JsonResponse(msgspec.json.encode(schema))
    response.raw_headers[1] = (b"content-type", b"application/schema+json")
    return response
