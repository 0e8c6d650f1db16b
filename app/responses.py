"""Responses whose body is at hand as bytes, without the cost of building headers from a dict."""

from collections.abc import Iterable

from pydantic import BaseModel
from starlette.responses import Response

RawHeaders = Iterable[tuple[bytes, bytes]]


class JsonResponse(Response):
    """JSON that is already encoded. `headers` are raw: lower-case names, Latin-1 values."""

    media_type = "application/json"

    def __init__(self, body: bytes, status_code: int = 200, headers: RawHeaders = ()) -> None:
        self.body = body
        self.status_code = status_code
        self.background = None
        self.raw_headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", self.media_type.encode()),
            *headers,
        ]


def model_response(model: BaseModel, status_code: int = 200, headers: RawHeaders = ()) -> JsonResponse:
    """A model, its fields under their aliases, nulls kept."""
    return JsonResponse(model.__pydantic_serializer__.to_json(model, by_alias=True), status_code, headers)


def no_content() -> Response:
    return Response(status_code=204)
