"""What every event is: a fact about one aggregate, frozen and made of plain values."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, TypeVar, get_args, get_type_hints

E = TypeVar("E", bound="DomainEvent")


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainEvent:
    """A fact about one aggregate. `event_id` is unique for ever; `aggregate_version` orders an aggregate's facts."""

    aggregate_type: ClassVar[str] = "aggregate"
    #: Fields that tell who the customer is. They stay inside: nothing publishes them.
    personal_fields: ClassVar[frozenset[str]] = frozenset()
    #: Whether the world outside hears of it.
    published: ClassVar[bool] = True

    event_id: str
    occurred_at: datetime
    aggregate_id: str
    aggregate_version: int
    #: On whose behalf (see `domain.actor`); None where nobody said, as in what was stored before there were actors.
    actor: str | None = None


def without_person(event: E) -> E:
    """The same fact with every personal field empty: null where it may be, else an empty text."""
    empty = _empty_fields(type(event))  # type: ignore[arg-type]  # a class is hashable
    return replace(event, **empty) if any(getattr(event, name) != value for name, value in empty.items()) else event


@cache
def _empty_fields(event_type: type[DomainEvent]) -> dict[str, Any]:
    hints = get_type_hints(event_type)
    return {name: None if type(None) in get_args(hints[name]) else "" for name in event_type.personal_fields}
