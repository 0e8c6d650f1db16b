"""CloudEvents out of HTTP requests, in each content mode (CloudEvents HTTP binding 1.0.2), strictly."""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any
from urllib.parse import unquote_to_bytes

from domain.errors import MalformedCloudEvent
from infrastructure.cloudevents.attributes import CONTENT_TYPE, HEADER_PREFIX, Place, Received, build, malformed
from infrastructure.cloudevents.encoding import BATCH_TYPE, STRUCTURED_TYPE
from infrastructure.cloudevents.grammar import essence
from infrastructure.cloudevents.strict_json import strict_json

RawHeaders = Iterable[tuple[bytes, bytes]]


class Mode(Enum):
    BINARY = 1
    STRUCTURED = 2
    BATCHED = 3


_MODES = {STRUCTURED_TYPE: Mode.STRUCTURED, BATCH_TYPE: Mode.BATCHED}
_charset = re.compile(r';[ \t]*charset[ \t]*=[ \t]*"?([^\s;"]*)', re.IGNORECASE).search
_is_printable = re.compile(r"[\x20-\x7e]*").fullmatch
_quoted = re.compile(r'"((?:[^"\\]|\\.)*)"').fullmatch
_escape = re.compile(r"\\(.)")
_bad_percent = re.compile("%(?![0-9A-Fa-f]{2})").search


def content_mode(content_type: str | None, headers: RawHeaders) -> Mode | None:
    """How the request carries its events; None where it carries none, or in a format that is not read here."""
    kind = essence(content_type or "")
    if kind.startswith("application/cloudevents"):
        charset = _charset(content_type or "")
        return _MODES.get(kind) if charset is None or charset[1].lower() == "utf-8" else None
    return Mode.BINARY if any(name.startswith(b"ce-") for name, _ in headers) else None


def from_headers(headers: RawHeaders, body: bytes) -> Received:
    """One event in binary mode; its data are the body as it is. Raises `MalformedCloudEvent`."""
    place = Place(in_headers=True)
    attributes: dict[str, object] = {}
    for raw_name, raw_value in headers:
        header = raw_name.decode("latin-1").lower()
        if header == CONTENT_TYPE:
            name = "datacontenttype"
        elif header.startswith(HEADER_PREFIX):
            name = header.removeprefix(HEADER_PREFIX)
            if name == "datacontenttype":
                raise MalformedCloudEvent("Send datacontenttype as Content-Type.", parameter="ce-datacontenttype")
        else:
            continue
        if name in attributes:
            raise malformed(name, "stands there twice", place)
        attributes[name] = _plain(name, raw_value.decode("latin-1"), place)
    return build(attributes, body or None, place)


def _plain(name: str, value: str, place: Place) -> str:
    """A header's value as it was meant (section 3.1.3.2); a media type is a header of HTTP's own, and stays."""
    if not _is_printable(value):
        raise malformed(name, "has other characters than printable ASCII: percent-encode them", place)
    if name == "datacontenttype":
        return value
    if '"' in value:
        quoted = _quoted(value)
        if quoted is None:
            raise malformed(name, "has a double quote, which must be percent-encoded", place)
        value = _escape.sub(r"\1", quoted[1])
    if _bad_percent(value):
        raise malformed(name, "has a % that two hexadecimal digits do not follow", place)
    try:
        return unquote_to_bytes(value).decode("utf-8")
    except UnicodeDecodeError:
        raise malformed(name, "is not percent-encoded UTF-8", place) from None


def from_document(document: Any, index: int | None = None) -> Received:
    """One event in structured mode, or of a batch. Raises `MalformedCloudEvent`."""
    place = Place(index=index)
    if not isinstance(document, Mapping):
        where = "The body" if index is None else f"Event {index}"
        raise MalformedCloudEvent(f"{where} must be a JSON object.", parameter=place.itself)
    attributes = {name: value for name, value in document.items() if name not in ("data", "data_base64")}
    return build(attributes, _data(document, place), place)


def _data(document: Mapping[str, Any], place: Place) -> Any:
    encoded = document.get("data_base64")
    if encoded is None:
        return document.get("data")
    if document.get("data") is not None:
        raise malformed("data_base64", "must not stand beside data", place)
    if not isinstance(encoded, str):
        raise malformed("data_base64", "must be a string", place)
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise malformed("data_base64", "is no base64 (RFC 4648)", place) from None


def json_data(received: Received) -> Any:
    """The data of an event that has JSON, decoded. Raises `MalformedCloudEvent`."""
    data = received.event.get_data()
    if not isinstance(data, bytes):
        return data
    try:
        return strict_json(data)
    except ValueError as wrong:
        place = received.place
        where = place.itself if place.in_headers else place.of("data_base64")
        raise MalformedCloudEvent(f"The data is not JSON: {wrong}.", parameter=where) from None
