"""Where CloudEvents come in: out of a request, checked, and told in the application's words."""

from dataclasses import dataclass, field

from pydantic import ValidationError
from starlette.requests import Request

from app.models.incoming import KNOWN_TYPES, KnownType
from app.refusals import Fault, InvalidRequest, MalformedJson, UnsupportedMediaType
from app.request_parts import data_faults, header_reader, read_body
from application.commands.take_events import ReportedEvent
from domain.errors import BatchTooLarge, MalformedCloudEvent, UnknownEventType
from infrastructure.cloudevents.attributes import Received
from infrastructure.cloudevents.grammar import is_json
from infrastructure.cloudevents.reading import Mode, content_mode, from_document, from_headers, json_data
from infrastructure.cloudevents.strict_json import strict_json

LARGEST_BATCH = 100

_content_type = header_reader("content-type")


@dataclass(slots=True)
class Reported:
    """What a request brought; `ignored` counts events of types that nobody here knows."""

    events: list[ReportedEvent] = field(default_factory=list)
    ignored: int = 0


async def read_events(request: Request, *, refuse_unknown: bool) -> Reported:
    """All of a request's events, or none. Raises `UnsupportedMediaType`, `MalformedJson`, `MalformedCloudEvent`,
    `BatchTooLarge`, `InvalidRequest` for data that do not fit their type, and `UnknownEventType` where unknown types
    are to be refused."""
    reported = Reported()
    for received in _received(request, await read_body(request.receive)):
        known = KNOWN_TYPES.get(received.event.get_type())
        if known is not None:
            reported.events.append(_reported(received, known))
        elif refuse_unknown:
            raise UnknownEventType(
                f"There is no type '{received.event.get_type()[:200]}' here, but {', '.join(KNOWN_TYPES)}.",
                parameter=received.place.of("type"),
            )
        else:
            reported.ignored += 1
    return reported


def _received(request: Request, body: bytes) -> list[Received]:
    headers = request.scope["headers"]
    mode = content_mode(_content_type(request), headers)
    if mode is None:
        raise UnsupportedMediaType(
            "Send CloudEvents as application/cloudevents+json, as application/cloudevents-batch+json,"
            " or with their attributes in ce- headers.",
            parameter="content-type",
        )
    if mode is Mode.BINARY:
        return [from_headers(headers, body)]
    try:
        document = strict_json(body)
    except ValueError as wrong:
        raise MalformedJson(f"The body is not JSON: {wrong}.") from None
    return [from_document(document)] if mode is Mode.STRUCTURED else _of_batch(document)


def _of_batch(document: object) -> list[Received]:
    if not isinstance(document, list):
        raise MalformedCloudEvent("A batch is a JSON array.", parameter="")
    if len(document) > LARGEST_BATCH:
        raise BatchTooLarge(f"Send at most {LARGEST_BATCH} events in a batch, not {len(document)}.")
    return [from_document(member, index) for index, member in enumerate(document)]


def _reported(received: Received, known: KnownType) -> ReportedEvent:
    event, place = received.event, received.place
    content_type = event.get_datacontenttype()
    if content_type is not None and not is_json(content_type):
        raise UnsupportedMediaType("The data of this type are JSON.", parameter=place.of("datacontenttype"))
    data = json_data(received)
    if data is None:
        raise InvalidRequest([Fault(place.data, "This type has data, and none came.")])
    try:
        model = known.data.model_validate(data)
    except ValidationError as failure:
        raise InvalidRequest(data_faults(failure, place.data)) from None
    return ReportedEvent(
        source=event.get_source(),
        id=event.get_id(),
        type_name=event.get_type(),
        time=received.time,
        event_class=known.event_class,
        facts=dict(model),
    )
