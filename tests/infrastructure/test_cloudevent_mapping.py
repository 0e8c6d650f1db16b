"""What a CloudEvent says about a domain event, in every content mode, measured against the SDK."""

import json
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event, to_binary_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from domain.events import (
    CookingStartedEvent,
    DomainEvent,
    MenuReplacedEvent,
    OrderConfirmedEvent,
    OrderPlacedEvent,
    PizzaAddedToMenuEvent,
)
from infrastructure.cloudevents.encoding import CloudEventEncoder, Message
from infrastructure.cloudevents.mapping import EventMapping, parse_overrides
from infrastructure.cloudevents.naming import type_name
from infrastructure.serialization import EVENT_TYPES
from tests.infrastructure.events import NOON, confirmed, one_of_each
from tests.sinks import parse_events

MAPPING = EventMapping(public_url="https://pizza.example/", extensions={"region": 'north "A" 50% ü'})
EVENTS = one_of_each()
each_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyAccountPointsEarnedEvent(DomainEvent):
    aggregate_type: ClassVar[str] = "loyalty_account"

    points: int


def headers_of(message: Message) -> dict[str, str]:
    lines = message.headers.decode("ascii").removesuffix("\r\n").split("\r\n")
    return dict(line.split(": ", 1) for line in lines)


def test_the_samples_cover_every_event_that_can_happen() -> None:
    assert {type(event) for event in EVENTS} == {
        kind for kind in EVENT_TYPES.values() if kind.published and not kind.__subclasses__()
    }


@pytest.mark.parametrize(
    ("event_type", "expected"),
    [
        (OrderConfirmedEvent, "com.mariopizzeria.order.confirmed.v1"),
        (CookingStartedEvent, "com.mariopizzeria.order.cooking-started.v1"),
        (PizzaAddedToMenuEvent, "com.mariopizzeria.menu.pizza-added.v1"),
        (MenuReplacedEvent, "com.mariopizzeria.menu.replaced.v1"),
        (LoyaltyAccountPointsEarnedEvent, "com.mariopizzeria.loyalty-account.points-earned.v1"),
    ],
)
def test_the_type_follows_from_the_class_name(event_type: type[DomainEvent], expected: str) -> None:
    assert type_name(event_type) == expected


def test_a_new_kind_of_event_needs_no_table() -> None:
    event = LoyaltyAccountPointsEarnedEvent(
        event_id="e", occurred_at=NOON, aggregate_id="account", aggregate_version=1, points=7
    )
    body = json.loads(CloudEventEncoder(MAPPING).structured(event).body)
    assert body["data"] == {"loyaltyAccountId": "account", "points": 7}


def test_a_confirmed_order_tells_the_world_this() -> None:
    event = confirmed("order-1", version=2)
    body = json.loads(CloudEventEncoder(EventMapping(public_url="https://pizza.example")).structured(event).body)
    assert body == {
        "specversion": "1.0",
        "type": "com.mariopizzeria.order.confirmed.v1",
        "source": "/orders/service",
        "datacontenttype": "application/json",
        "dataschema": "https://pizza.example/schemas/events/com.mariopizzeria.order.confirmed.v1",
        "id": event.event_id,
        "time": "2026-03-01T12:00:00.123000Z",
        "subject": "order-1",
        "partitionkey": "order-1",
        "sequence": "0000000002",
        "data": {
            "orderId": "order-1",
            "confirmedTime": "2026-03-01T12:00:00.123000Z",
            "totalAmount": 5147,
            "currency": "USD",
            "pizzaCount": 3,
            "items": [
                {
                    "pizza": "margherita",
                    "size": "large",
                    "quantity": 2,
                    "extraToppings": ["olives", "chilli"],
                    "lineTotal": 3798,
                },
                {"pizza": "diavola", "size": "small", "quantity": 1, "extraToppings": [], "lineTotal": 1349},
            ],
            "fulfilment": "delivery",
            "estimatedReadyTime": "2026-03-01T12:12:00.123000Z",
        },
    }


@each_event
def test_structured_says_what_the_sdk_says(event: DomainEvent) -> None:
    expected = MAPPING.to_cloud_event(event)
    message = CloudEventEncoder(MAPPING).structured(event)
    assert json.loads(message.body) == json.loads(JSONFormat().write(expected))
    assert same(from_http_event(HTTPMessage(headers_of(message), message.body)), expected)


@each_event
def test_binary_says_what_the_sdk_says(event: DomainEvent) -> None:
    expected = MAPPING.to_cloud_event(event)
    message = CloudEventEncoder(MAPPING).binary(event)
    by_sdk = to_binary_event(expected)
    assert headers_of(message) == by_sdk.headers
    assert json.loads(message.body) == json.loads(by_sdk.body)
    assert same(from_http_event(HTTPMessage(headers_of(message), message.body)), expected)


def test_a_batch_says_of_each_what_the_sdk_says() -> None:
    message = CloudEventEncoder(MAPPING).batch(EVENTS)
    parsed = parse_events(headers_of(message), message.body)
    assert len(parsed) == len(EVENTS)
    assert all(same(got, MAPPING.to_cloud_event(event)) for got, event in zip(parsed, EVENTS, strict=True))


@each_event
def test_nothing_personal_leaves_the_house(event: DomainEvent) -> None:
    encoder = CloudEventEncoder(MAPPING)
    personal: dict[str, Any] = dict.fromkeys(event.personal_fields, "SECRET")
    secret = replace(event, **personal)
    sent = [encoder.structured(secret), encoder.binary(secret), encoder.batch([secret])]
    assert all(b"SECRET" not in message.headers + message.body for message in sent)


def test_personal_fields_are_declared_at_all() -> None:
    assert "customer_phone" in OrderPlacedEvent.personal_fields


def test_no_header_can_be_smuggled_in_through_an_id() -> None:
    message = CloudEventEncoder(MAPPING).binary(confirmed("order\r\nX-Admin: yes"))
    assert "X-Admin" not in headers_of(message)
    assert headers_of(message)["ce-subject"] == "order%0D%0AX-Admin:%20yes"


def test_versions_sort_as_text() -> None:
    events = [confirmed("order", version) for version in (2, 10, 1_000_000)]
    sequences = [MAPPING.to_cloud_event(event).get_extension("sequence") for event in events]
    assert sequences == sorted(sequences)


def test_without_a_public_url_there_is_no_schema_address() -> None:
    body = json.loads(CloudEventEncoder(EventMapping()).structured(confirmed()).body)
    assert "dataschema" not in body


@pytest.mark.parametrize("mode", [CloudEventEncoder.structured, CloudEventEncoder.binary])
def test_knative_overrides_are_added_and_win(mode: Any) -> None:
    overrides = parse_overrides('{"extensions": {"region": "north", "partitionkey": "all"}}')
    message = mode(CloudEventEncoder(EventMapping(extensions=overrides)), confirmed())
    (event,) = parse_events(headers_of(message), message.body)
    assert (event.get_extension("region"), event.get_extension("partitionkey")) == ("north", "all")
    assert (message.headers + message.body).count(b"partitionkey") == 1


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"extensions": []}x', '{"extensions": {"a": 1}}', '{"extensions": "no"}', "7"]
)
def test_broken_overrides_are_refused_at_start(text: str) -> None:
    with pytest.raises(ValueError, match="K_CE_OVERRIDES"):
        parse_overrides(text)


@pytest.mark.parametrize("text", [None, "", " ", "{}", '{"extensions": null}'])
def test_no_overrides_are_no_overrides(text: str | None) -> None:
    assert parse_overrides(text) == {}


@pytest.mark.parametrize(
    "settings",
    [{"extensions": {"id": "1"}}, {"extensions": {"Not_Valid": "1"}}, {"extensions": {"data": "1"}}, {"source": ""}],
)
def test_settings_that_make_no_cloudevent_are_refused_at_start(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"valid CloudEvent|alone"):
        CloudEventEncoder(EventMapping(**settings)).check([OrderConfirmedEvent])


def same(one: Any, other: CloudEvent) -> bool:
    """Equal in attributes and data, once both have been through JSON as values have there."""
    data = json.loads(JSONFormat().write(other))["data"]
    return bool(one.get_attributes() == other.get_attributes() and one.get_data() == data)
