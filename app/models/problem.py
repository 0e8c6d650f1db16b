"""The shape of every error: problem details (RFC 9457)."""

from pydantic import Field

from app.models.base import ResponseModel, example
from domain.order_lifecycle import Move


class FaultResponse(ResponseModel):
    parameter: str | None = None
    detail: str


class Problem(ResponseModel):
    """Members without a value are left out."""

    model_config = example(
        {
            "type": "urn:mariopizzeria:problem:unknown_pizza",
            "title": "The menu has no such pizza",
            "status": 422,
            "detail": "There is no pizza 'hawaii'. GET /api/menu lists them.",
            "code": "unknown_pizza",
            "parameter": "/items/0/pizza",
            "requestId": "5f0c1f2e9a4b-2a",
        }
    )

    type: str = Field(description="Names the kind of problem, for ever.")
    title: str
    status: int
    detail: str = Field(description="What is wrong with this request, and what to do.")
    code: str = Field(description="Stable; the last part of `type`.")
    parameter: str | None = Field(
        None, description="What is at fault: a JSON pointer into the body, a header, or a query parameter."
    )
    errors: list[FaultResponse] | None = Field(None, description="Every fault, for `invalid_request`.")
    open_moves: list[Move] | None = Field(None, description="What can be done instead, for `illegal_move`.")
    request_id: str | None = Field(None, description="Also in the response header X-Request-ID, and in our logs.")
