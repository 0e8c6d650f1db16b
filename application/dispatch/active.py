"""A claim while its handlers work: which handler still has what to do, and what is left to write at the end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.clock import steady_now
from application.dispatch.handler import EventHandler
from application.dispatch.outbox import LANE_SEPARATOR, Claim, Delivery, PendingEvent, Settlement
from domain.events import DomainEvent

#: How many events of one aggregate a handler gets at once.
LONGEST_JOB = 100


@dataclass(slots=True, eq=False)
class Job:
    """Events of one aggregate, in order, for one handler."""

    active: "ActiveClaim"
    handler: EventHandler[Any]
    indexes: list[int]
    events: list[DomainEvent]


class ActiveClaim:
    """Tracks one claim. `busy` holds the names of the handlers that have a job of it queued or running; `settling`
    is set from the moment it waits to be acknowledged until that is answered."""

    __slots__ = ("busy", "claim", "lost", "settling", "todo")

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self.busy: set[str] = set()
        self.lost = False
        self.settling = False
        self.todo: list[dict[str, Delivery]] = []

    def take_in(self, handlers_of: Callable[[DomainEvent], Iterable[EventHandler[Any]]]) -> None:
        """Set out what is to do for the pending events that are not tracked yet."""
        for pending in self.claim.pending[len(self.todo) :]:
            if pending.todo is None:
                self.todo.append({handler.name: Delivery() for handler in handlers_of(pending.event)})
            else:
                self.todo.append(dict(pending.todo))

    def next_job(self, handler: EventHandler[Any]) -> Job | None:
        """The events that the handler may have now. In order means: none behind a parked or a waiting one."""
        indexes = []
        for index, todo in enumerate(self.todo):
            delivery = todo.get(handler.name)
            if delivery is None:
                continue
            if delivery.parked_at or (delivery.due and delivery.due > steady_now()):
                if handler.ordered:
                    break
                continue
            indexes.append(index)
            if len(indexes) == LONGEST_JOB:
                break
        if not indexes:
            return None
        return Job(self, handler, indexes, [self.claim.pending[index].event for index in indexes])

    def settlement(self, ordered: Callable[[str], bool]) -> Settlement:
        """What is to be written of this claim, now that no handler works on it."""
        tracked = zip(self.claim.pending, self.todo, strict=False)
        rest = [PendingEvent(pending.event, todo) for pending, todo in tracked if todo]
        if not rest:
            return Settlement(self.claim, len(self.todo))
        due_by_handler = self._due_by_handler(ordered, steady_now())
        parked = [delivery.parked_at for todo in self.todo for delivery in todo.values() if delivery.parked_at]
        return Settlement(
            self.claim,
            len(self.todo),
            rest,
            lane=LANE_SEPARATOR.join(sorted(due_by_handler)),
            next_attempt_at=min(due_by_handler.values(), default=None),
            parked_at=min(parked, default=None),
        )

    def _due_by_handler(self, ordered: Callable[[str], bool], now: datetime) -> dict[str, datetime]:
        due: dict[str, datetime] = {}
        held_back: set[str] = set()
        for todo in self.todo:
            for name, delivery in todo.items():
                if name in held_back:
                    continue
                if ordered(name):
                    held_back.add(name)
                if not delivery.parked_at:
                    moment = delivery.due or now
                    due[name] = min(due.get(name, moment), moment)
        return due
