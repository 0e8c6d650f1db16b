"""Reads the parts of a request, and says what is wrong with them in terms of the request, not of a library."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive

from app.refusals import Fault, InvalidRequest, MalformedJson, UnsupportedMediaType

M = TypeVar("M", bound=BaseModel)

MOST_FAULTS = 20
MOST_PARAMETERS = 50
#: The library speaks of its types; a client knows its own field.
_subject = re.compile(r"^(Input|String|List|Tuple|Dictionary|Object|Value) should")
#: Clearer words than the library's for what clients get wrong most.
PLAIN_WORDS = {"extra_forbidden": "There is no such field.", "missing": "This is required."}


def header_reader(name: str) -> Callable[[Request], str | None]:
    """The last value of a header, or None."""
    wanted = name.lower().encode("latin-1")

    def read(request: Request) -> str | None:
        found: bytes | None = None
        for key, value in request.scope["headers"]:
            if key == wanted:
                found = value
        return None if found is None else found.decode("latin-1")

    return read


def query_reader(model: type[M]) -> Callable[[Request], M]:
    """All query parameters, as a model. Raises `InvalidRequest`, for a parameter given twice too."""
    validate = model.__pydantic_validator__.validate_strings

    def read(request: Request) -> M:
        text = request.scope["query_string"].decode("latin-1")
        values: dict[str, Any] = {}
        for name, value in _pairs(text):
            if name in values:
                raise InvalidRequest([Fault(name, "Give this parameter once.")])
            values[name] = value
        try:
            parsed: M = validate(values)
        except ValidationError as failure:
            raise InvalidRequest(_faults(failure, _query_name)) from None
        return parsed

    return read


def _pairs(text: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS)
    except UnicodeDecodeError:
        raise InvalidRequest([Fault(None, "The query is not percent-encoded UTF-8.")]) from None
    except ValueError:
        raise InvalidRequest([Fault(None, f"More than {MOST_PARAMETERS} query parameters.")]) from None


def body_reader(model: type[M], *, optional: bool) -> Callable[[Request], Awaitable[M | None]]:
    """The JSON body, as a model. Raises `MalformedJson`, `InvalidRequest`, `UnsupportedMediaType`."""
    validate = model.__pydantic_validator__.validate_json
    content_type = header_reader("content-type")

    async def read(request: Request) -> M | None:
        body = await read_body(request.receive)
        if optional and body.strip() in (b"", b"null"):
            return None
        if not _is_json(content_type(request)):
            raise UnsupportedMediaType("Send JSON, with the header Content-Type: application/json.")
        try:
            parsed: M = validate(body)
        except ValidationError as failure:
            raise _body_refusal(failure) from None
        return parsed

    return read


async def read_body(receive: Receive) -> bytes:
    """The whole body. Raises `ClientDisconnect`."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _is_json(content_type: str | None) -> bool:
    return content_type is not None and content_type.partition(";")[0].strip().lower() == "application/json"


def _body_refusal(failure: ValidationError) -> MalformedJson | InvalidRequest:
    first = failure.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return MalformedJson(f"The body is not JSON: {first['ctx']['error']}.")
    return InvalidRequest(_faults(failure, _json_pointer))


def data_faults(failure: ValidationError, at: str) -> list[Fault]:
    """What a model says about a part of a body that starts at the JSON pointer `at`."""
    return _faults(failure, lambda loc: at + _json_pointer(loc))


def _faults(failure: ValidationError, name: Callable[[tuple[int | str, ...]], str]) -> list[Fault]:
    errors = failure.errors(include_url=False, include_input=False)[:MOST_FAULTS]
    return [Fault(name(error["loc"]), _words(error)) for error in errors]


def _words(error: ErrorDetails) -> str:
    known = PLAIN_WORDS.get(error["type"])
    if known:
        return known
    if error["type"] == "string_pattern_mismatch":
        return "This has characters, or a form, that are not accepted here."
    return _subject.sub("This should", error["msg"].removeprefix("Value error, ")).rstrip(".") + "."


def _json_pointer(loc: tuple[int | str, ...]) -> str:
    """RFC 6901; the empty string is the whole body."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in loc)


def _query_name(loc: tuple[int | str, ...]) -> str:
    return str(loc[0]) if loc else ""
