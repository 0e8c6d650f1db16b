"""Leases on pending events: how one is written, and how what it covers is handed to the dispatcher.

Of the fields `lease`, `next_attempt_at`, `pending_since` and `parked_at`, one that would be null is absent.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.dispatch.outbox import FRESH_LANE, Claim, Deliveries, PendingEvent
from infrastructure.mongo.client import Document
from infrastructure.mongo.clock import ServerClock
from infrastructure.serialization import pending_from_document, pending_to_document
from infrastructure.tokens import new_token


@dataclass(frozen=True, slots=True)
class Lease:
    """`until` is on the server's clock, `expires` the same moment on this process's monotonic one, in seconds."""

    token: str
    until: datetime
    expires: float


class Leases:
    """Makes leases for one kind of aggregate, and submits what was saved under them."""

    def __init__(self, kind: str, clock: ServerClock, lease_seconds: float) -> None:
        self.kind = kind
        self.clock = clock
        self.deliveries: Deliveries | None = None
        self._seconds = lease_seconds

    def make(self) -> Lease:
        """A lease from now on, with a token that no other has."""
        expires = time.monotonic() + self._seconds
        until = self.clock.now() + timedelta(seconds=self._seconds)
        return Lease(new_token(), until, expires)

    def make_if_room(self) -> Lease | None:
        """A lease where the dispatcher can take another claim; else the relay will find what is saved."""
        if self.deliveries is not None and self.deliveries.room(FRESH_LANE):
            return self.make()
        return None

    def fresh_fields(self, lease: Lease | None) -> Document:
        """What a save sets of a document that nobody holds: leased, or due at once."""
        if lease is None:
            return {"lane": FRESH_LANE, "next_attempt_at": self.clock.now()}
        return {"lane": FRESH_LANE, "next_attempt_at": lease.until, "lease": lease.token}

    def hand_over(self, aggregate_id: str, pending: list[PendingEvent], lease: Lease) -> None:
        if self.deliveries is not None:
            self.deliveries.submit(Claim(self.kind, aggregate_id, lease.token, lease.expires, pending))

    def notify(self, aggregate_id: str) -> None:
        if self.deliveries is not None:
            self.deliveries.notify(self.kind, aggregate_id)

    # Moments in the store are the server's: a retry that is due in a second is due in a second for every replica.

    def to_documents(self, pending: Iterable[PendingEvent]) -> list[Document]:
        return [pending_to_document(entry) for entry in self.clock.to_store(pending)]

    def from_documents(self, documents: Sequence[Document]) -> list[PendingEvent]:
        return self.clock.from_store(map(pending_from_document, documents))
