"""Pending events as a store keeps them, inside their aggregate's document, and what the relay asks of a store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from domain.events import DomainEvent

#: The lane of documents with events that no handler has seen yet. See `Settlement.lane`.
FRESH_LANE = ""
LANE_SEPARATOR = "+"
#: How many events may wait in one aggregate's document: past that a save is refused, so that documents stay small.
MOST_PENDING = 500


@dataclass(slots=True)
class Delivery:
    """How far one event is at one handler. It is dropped once the handler is done.

    `due` is when to try (again), by `steady_now`, None for at once; `parked_at` is set while it is a dead letter.
    """

    attempts: int = 0
    due: datetime | None = None
    parked_at: datetime | None = None
    error: str | None = None


@dataclass(slots=True)
class PendingEvent:
    """An event that waits in its aggregate's document; `todo` None means that no handler has seen it."""

    event: DomainEvent
    todo: dict[str, Delivery] | None = None


@dataclass(slots=True, eq=False)
class Claim:
    """The right to deliver one aggregate's pending events, until `expires` on this process's monotonic clock (seconds).

    `token` is unique to this claim: whatever is written under it fails once somebody else holds the lease.
    """

    kind: str
    aggregate_id: str
    token: str
    expires: float
    pending: list[PendingEvent]

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.aggregate_id


@dataclass(slots=True)
class Settlement:
    """What is left of a claim when its handlers have run. Nothing left clears the document.

    `lane` names the handlers that the rest waits for (`FRESH_LANE`: not yet known), so that a handler that is
    down costs no claim until it is back. `next_attempt_at` is by `steady_now`; None means that only dead letters are
    left.
    """

    claim: Claim
    #: How many of the claim's events the rest was made from: a renewal may append to the claim at any moment.
    known: int
    rest: list[PendingEvent] = field(default_factory=list)
    lane: str = FRESH_LANE
    next_attempt_at: datetime | None = None
    parked_at: datetime | None = None


class Outcome(Enum):
    """DONE: written. LOST: somebody else holds the lease, nothing was written. GREW: nothing was written, since
    events were saved meanwhile; they have been appended to `claim.pending`."""

    DONE = 1
    LOST = 2
    GREW = 3


@dataclass(frozen=True, slots=True)
class LaneBacklog:
    """Documents that wait in a lane, and the moment when the oldest of their events was saved."""

    lane: str
    documents: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was parked. `id` is `kind:aggregate:version:handler`."""

    id: str
    handler: str
    event: DomainEvent
    attempts: int
    parked_at: datetime
    error: str
    #: How many later events of the aggregate wait behind it, for the same handler.
    held_back: int


@dataclass(frozen=True, slots=True)
class DeadLetterId:
    kind: str
    aggregate_id: str
    version: int
    handler: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.aggregate_id}:{self.version}:{self.handler}"

    @classmethod
    def parse(cls, text: str) -> "DeadLetterId | None":
        parts = text.split(":")
        if len(parts) != 4 or not parts[2].isdecimal() or len(parts[2]) > 9:
            return None
        return cls(parts[0], parts[1], int(parts[2]), parts[3])


class Outbox(Protocol):
    """The relay's view of a store. Every method raises `StoreUnavailable` when the store does not answer."""

    async def claim_due(self, lane: str, limit: int) -> list[Claim]:
        """Take the leases of up to `limit` documents of a lane whose time has come, the longest due first."""
        ...

    async def settle(self, settlements: Sequence[Settlement]) -> list[Outcome]:
        """Acknowledge: write what is left of each claim and release its lease, fenced by its token."""
        ...

    async def renew(self, claims: Sequence[Claim]) -> list[Outcome]:
        """Extend the leases still held (DONE, or GREW with the new events appended); tell which are LOST."""
        ...

    async def release(self, claims: Sequence[Claim]) -> None:
        """Let go of the leases still held, whatever has been done under them: cheap, and what was done will be done
        again. For who has no time left to settle."""
        ...

    async def backlog(self) -> list[LaneBacklog]:
        """What is pending now, by lane, leased or not, dead letters left out."""
        ...

    async def dead_letters(self, limit: int, after: str | None = None) -> list[DeadLetter]:
        """Parked deliveries, the longest parked first; `after` is the id of the last one of the page before."""
        ...

    async def count_dead_letters(self) -> int:
        """How many documents hold a parked delivery."""
        ...

    async def take_for_repair(self, aggregate_id: str) -> Claim | None:
        """Claim one document whatever its time is; None where there is none or somebody delivers it right now."""
        ...


class Deliveries(Protocol):
    """What a repository needs of the dispatcher: somewhere to hand over the events that it has just saved."""

    def room(self, lane: str) -> int:
        """How many more claims of a lane fit now."""
        ...

    def submit(self, claim: Claim) -> None:
        """Deliver what the claim holds."""
        ...

    def notify(self, kind: str, aggregate_id: str) -> None:
        """Tell that events were saved while somebody held the lease."""
        ...
