"""What every aggregate is: an id, a version, a state, and the events that it has raised since it was loaded."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from domain.actor import current_actor
from domain.events import DomainEvent
from domain.identity import new_event_id

S = TypeVar("S")
E = TypeVar("E", bound=DomainEvent)


class AggregateRoot(Generic[S]):
    """A consistency boundary. Verbs change `state` and raise events; a repository saves both in one write.

    `version` is the version that was loaded (0 for a new one). Each event takes the next number, so a save
    of n events moves the version by n; a save without events moves it by one.
    """

    def __init__(self, aggregate_id: str, state: S, version: int = 0) -> None:
        self.id = aggregate_id
        self.state = state
        self.version = version
        self._raised: list[DomainEvent] = []

    @property
    def raised(self) -> tuple[DomainEvent, ...]:
        """The events that no save has written yet, oldest first."""
        return tuple(self._raised)

    @property
    def next_version(self) -> int:
        """The version that the next save will write."""
        return self.version + max(1, len(self._raised))

    def mark_saved(self) -> None:
        """Take the version that was written; what was raised is now the store's."""
        self.version = self.next_version
        self._raised.clear()

    def _record(self, event_type: type[E], now: datetime, **facts: Any) -> None:
        """Raise an event of this aggregate, signed by whoever acts."""
        version = self.version + len(self._raised) + 1
        event = event_type(
            event_id=self._new_event_id(now, version),
            occurred_at=now,
            aggregate_id=self.id,
            aggregate_version=version,
            actor=current_actor(),
            **facts,
        )
        self._raise(event)

    def _new_event_id(self, now: datetime, version: int) -> str:
        return new_event_id()

    def _raise(self, event: DomainEvent) -> None:
        self._raised.append(event)
