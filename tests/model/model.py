"""The model: what each order must hold, as plain values, moved by the rules of delivery and nothing else.

Moments are whole milliseconds since 1970. Where only the store knows one exactly, the model holds the window that it
must lie in, until the store has been read.
"""

import copy
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile

from domain.events import DomainEvent

#: Handlers, and whether the events of one order must reach them in turn.
ORDERED = {"Printer": True, "Mailer": True, "Counter": False}
MAILED = frozenset({"OrderPlacedEvent", "OrderReadyEvent", "OrderCancelledEvent"})

#: How far a replica's idea of the store's clock may be off, in milliseconds.
SLACK = 500


def handlers_of(event: DomainEvent) -> list[str]:
    return [name for name in ORDERED if name != "Mailer" or type(event).__name__ in MAILED]


class About(int):
    """A moment that is the same as any within `SLACK`: replicas tell the store's clock by their own."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int) and abs(self - other) <= SLACK

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Window:
    """Some moment from `first` to `last`."""

    first: int
    last: int


Moment = int | Window


@dataclass(slots=True)
class Task:
    """What one handler still has to do with one event."""

    attempts: int = 0
    due: About | None = None
    parked: int | None = None
    error: str | None = None

    def open(self, now: int) -> bool:
        return self.parked is None and (self.due is None or self.due <= now)


@dataclass(slots=True)
class Entry:
    """An event that waits; `tasks` None: no handler has seen it."""

    event: DomainEvent
    tasks: dict[str, Task] | None = None


@dataclass(slots=True, eq=False)
class Holding:
    """A claim as its holder knows it: copies, which the order's own entries do not follow."""

    order: "ModelOrder"
    token: str
    entries: list[Entry]

    @property
    def live(self) -> bool:
        return self.order.holder is self

    def take_in(self) -> None:
        for entry in self.entries:
            if entry.tasks is None:
                entry.tasks = {name: Task() for name in handlers_of(entry.event)}

    def deliverable(self, handler: str, now: int) -> list[DomainEvent]:
        """What the handler may be given: to one that keeps order nothing behind a parked or a waiting event."""
        mine = [(entry.event, entry.tasks[handler]) for entry in self.entries if entry.tasks and handler in entry.tasks]
        if ORDERED[handler]:
            return [event for event, _ in takewhile(lambda pair: pair[1].open(now), mine)]
        return [event for event, task in mine if task.open(now)]

    def tasks_of(self, event: DomainEvent) -> dict[str, Task]:
        return next(entry.tasks for entry in self.entries if entry.event == event) or {}

    def rest(self, known: int) -> list[Entry]:
        return copy.deepcopy([entry for entry in self.entries[:known] if entry.tasks])

    def news(self) -> list[Entry]:
        """What was saved since the claim was made, or last looked."""
        return copy.deepcopy(self.order.entries[len(self.entries) :])


@dataclass(slots=True, eq=False)
class ModelOrder:
    id: str
    version: int
    status: str
    #: Everything that it ever raised.
    history: list[DomainEvent]
    entries: list[Entry] = field(default_factory=list)
    holder: Holding | None = None
    due: Moment | None = None
    lane: str | None = None
    since: Moment | None = None
    parked: int | None = None

    def is_held(self, now: int) -> bool:
        return self.holder is not None and (isinstance(self.due, Window) or self.due is None or self.due > now)

    def save(self, version: int, status: str, events: list[DomainEvent], now: Window) -> None:
        """State and events together. A lease that somebody holds stays his; a free document is due at once."""
        self.version, self.status = version, status
        self.history += events
        self.entries += [Entry(event) for event in events]
        if events:
            self.since = self.since or now
            if self.holder is None:
                self.due, self.lane = now, ""

    def claim(self, token: str, until: Window) -> Holding:
        self.holder = Holding(self, token, copy.deepcopy(self.entries))
        self.due = until
        self.lane = self.lane or ""
        return self.holder

    def settle(self, rest: list[Entry], now: Window) -> None:
        """Write what is left and free the document."""
        tasks = [task for entry in rest for task in (entry.tasks or {}).values()]
        due = _due_by_handler(rest)
        self.entries, self.holder = rest, None
        self.parked = min((task.parked for task in tasks if task.parked is not None), default=None)
        self.since = Window(to_ms(rest[0].event.occurred_at) - SLACK, now.last) if rest else None
        self.lane = "+".join(sorted(due)) if due else None
        self.due = _earliest([moment for moments in due.values() for moment in moments], now)

    def pass_time(self, until: int) -> None:
        self.due = until
        for entry in self.entries:
            for task in (entry.tasks or {}).values():
                if task.due is not None and task.due > until:
                    task.due = About(until)


def _due_by_handler(rest: list[Entry]) -> dict[str, list[About | None]]:
    """When each handler can go on; None: at once. One that keeps order waits for its first event alone."""
    due: dict[str, list[About | None]] = {}
    for name, ordered in ORDERED.items():
        mine = [entry.tasks[name] for entry in rest if entry.tasks and name in entry.tasks]
        moments = [task.due for task in (mine[:1] if ordered else mine) if task.parked is None]
        if moments:
            due[name] = moments
    return due


def _earliest(moments: list[About | None], now: Window) -> Moment | None:
    known = min((moment for moment in moments if moment is not None), default=None)
    if None in moments and (known is None or known > now.first):
        return now
    return known


def to_ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
