"""The attributes of a CloudEvent that came in, checked to the letter of CloudEvents 1.0.

The SDK knows which are required and what they are called; whatever else the specification says is checked here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cloudevents.core.exceptions import CloudEventValidationError
from cloudevents.core.v1.event import OPTIONAL_ATTRIBUTES, REQUIRED_ATTRIBUTES, CloudEvent

from domain.errors import MalformedCloudEvent
from infrastructure.cloudevents.grammar import is_media_type, is_text, is_uri, is_uri_reference, parse_moment

#: In binary mode the type of the data stands where HTTP has it.
CONTENT_TYPE = "content-type"
HEADER_PREFIX = "ce-"
_STRINGS = frozenset({*REQUIRED_ATTRIBUTES, *OPTIONAL_ATTRIBUTES})
_INTEGERS = range(-(2**31), 2**31)
_is_name = re.compile("[a-z0-9]+").fullmatch


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands in its request: in the headers, in the body, or at an index of a batch."""

    in_headers: bool = False
    index: int | None = None

    def of(self, attribute: str) -> str:
        """What to call an attribute: a header, or a JSON pointer (RFC 6901)."""
        if self.in_headers:
            return CONTENT_TYPE if attribute == "datacontenttype" else HEADER_PREFIX + attribute
        return f"{self.itself}/{attribute.replace('~', '~0').replace('/', '~1')}"

    @property
    def itself(self) -> str:
        return "" if self.index is None else f"/{self.index}"

    @property
    def data(self) -> str:
        return self.itself if self.in_headers else self.of("data")


@dataclass(frozen=True, slots=True)
class Received:
    """An event that has come in. `time` is None where the sender does not say, which the SDK's event cannot tell."""

    event: CloudEvent
    time: datetime | None
    place: Place


def build(raw: Mapping[str, object], data: Any, place: Place) -> Received:
    """An event of these attributes. Raises `MalformedCloudEvent`, which names the one at fault."""
    attributes: dict[str, Any] = {}
    for name, value in raw.items():
        if value is not None:  # null is the same as not there
            attributes[name] = _checked(name, value, place)
    for name in REQUIRED_ATTRIBUTES:
        if name not in attributes:
            raise malformed(name, "is required", place)
    time = attributes.get("time")
    try:
        event = CloudEvent(attributes, data)
    except CloudEventValidationError as invalid:
        name, (reason, *_) = next(iter(invalid.errors.items()))
        raise malformed(name, f"is not acceptable: {reason}", place) from None
    _check_forms(event, place)
    return Received(event, time, place)


def malformed(attribute: str, what: str, place: Place) -> MalformedCloudEvent:
    event = "" if place.index is None else f"Event {place.index}: "
    return MalformedCloudEvent(f"{event}'{attribute[:100]}' {what}.", parameter=place.of(attribute)[:200])


def _checked(name: str, value: object, place: Place) -> object:
    if not _is_name(name):
        raise malformed(name, "is no attribute's name: those are lower-case letters and digits", place)
    if isinstance(value, str):
        if not is_text(value):
            raise malformed(name, "has control characters, or others that no string may have", place)
        return _moment(value, place) if name == "time" else value
    if name in _STRINGS:
        raise malformed(name, "must be a string", place)
    if isinstance(value, bool) or (isinstance(value, int) and value in _INTEGERS):
        return value
    raise malformed(name, "must be a string, true, false, or a whole number of 32 bits", place)


def _moment(text: str, place: Place) -> datetime:
    try:
        return parse_moment(text)
    except ValueError as wrong:
        raise malformed("time", f"cannot be read: {wrong}", place) from None


def _check_forms(event: CloudEvent, place: Place) -> None:
    content_type, schema = event.get_datacontenttype(), event.get_dataschema()
    if not is_uri_reference(event.get_source()):
        raise malformed("source", "must be a URI reference (RFC 3986)", place)
    if schema is not None and not is_uri(schema):
        raise malformed("dataschema", "must be a URI (RFC 3986), with its scheme", place)
    if content_type is not None and not is_media_type(content_type):
        raise malformed("datacontenttype", "must be a media type (RFC 2046)", place)
