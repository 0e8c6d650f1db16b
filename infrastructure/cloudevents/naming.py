"""Names that follow from an event's class by rule, so that a new event needs no table."""

import re

from domain.events import DomainEvent

DEFAULT_TYPE_PREFIX = "com.mariopizzeria"
DATA_VERSION = "v1"

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def event_name(event_type: type[DomainEvent]) -> str:
    """Name what happened: `OrderConfirmedEvent` is `order.confirmed`, `CookingStartedEvent` `order.cooking-started`,
    `PizzaAddedToMenuEvent` `menu.pizza-added`."""
    words = [word.lower() for word in _WORD.findall(event_type.__name__.removesuffix("Event"))]
    aggregate = re.split(r"[-_]", event_type.aggregate_type)
    if len(words) > len(aggregate) and words[: len(aggregate)] == aggregate:
        words = words[len(aggregate) :]
    if words[-len(aggregate) - 1 :] == ["to", *aggregate]:
        words = words[: -len(aggregate) - 1]
    return f"{'-'.join(aggregate)}.{'-'.join(words)}"


def type_name(event_type: type[DomainEvent], prefix: str = DEFAULT_TYPE_PREFIX) -> str:
    """Name the CloudEvent type: `com.mariopizzeria.order.confirmed.v1`."""
    return f"{prefix}.{event_name(event_type)}.{DATA_VERSION}"


def schema_url(public_url: str, type_name: str) -> str:
    """Where the service serves the schema of a type's data."""
    return f"{public_url.rstrip('/')}/schemas/events/{type_name}"


def camel(name: str) -> str:
    """`total_amount` is `totalAmount`."""
    first, *rest = re.split(r"[-_]", name)
    return first + "".join(word.capitalize() for word in rest)
