"""The schemas that `dataschema` points to."""

import json

import jsonschema_rs
import pytest

from domain.events import DomainEvent
from infrastructure.cloudevents.encoding import CloudEventEncoder
from infrastructure.cloudevents.mapping import EventMapping
from infrastructure.cloudevents.naming import type_name
from infrastructure.cloudevents.schemas import event_schema, published_types
from tests.infrastructure.events import one_of_each

each_event = pytest.mark.parametrize("event", one_of_each(), ids=lambda event: type(event).__name__)


@each_event
def test_what_is_sent_is_what_the_schema_says(event: DomainEvent) -> None:
    schema = event_schema(type_name(type(event)))
    data = json.loads(CloudEventEncoder(EventMapping()).binary(event).body)
    assert schema is not None
    assert set(schema["required"]) == set(schema["properties"]) == set(data)
    jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(data)


@each_event
def test_the_schema_refuses_data_of_another_shape(event: DomainEvent) -> None:
    schema = event_schema(type_name(type(event)))
    data = json.loads(CloudEventEncoder(EventMapping()).binary(event).body)
    assert schema is not None
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    for name in data:
        assert not validator.is_valid(data | {name: {"wrong": True}}), name
        assert not validator.is_valid({other: value for other, value in data.items() if other != name}), name


def test_moments_are_dates_and_money_is_whole() -> None:
    schema = event_schema("com.mariopizzeria.order.confirmed.v1", public_url="https://pizza.example/")
    assert schema is not None
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == "https://pizza.example/schemas/events/com.mariopizzeria.order.confirmed.v1"
    assert schema["properties"]["totalAmount"] == {"type": "integer"}
    assert schema["properties"]["confirmedTime"] == {"type": "string", "format": "date-time"}
    assert "notes" not in schema["properties"]


def test_another_prefix_names_other_types() -> None:
    assert event_schema("org.example.order.ready.v1", type_prefix="org.example") is not None
    assert event_schema("com.mariopizzeria.order.ready.v1", type_prefix="org.example") is None


@pytest.mark.parametrize("name", ["", "order.confirmed", "com.mariopizzeria.aggregate.domain.v1", "../../etc/passwd"])
def test_what_does_not_happen_has_no_schema(name: str) -> None:
    assert event_schema(name) is None


def test_no_two_events_share_a_type() -> None:
    assert len(published_types()) == len(one_of_each())
