"""What every event is: a fact about one aggregate, frozen and made of plain values."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar


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
