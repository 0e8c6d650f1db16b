"""Aggregates as documents: state, version, and the events that wait, changed together in one atomic write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from pymongo import ReturnDocument

from application.dispatch.outbox import MOST_PENDING, PendingEvent
from domain.aggregate import AggregateRoot
from domain.errors import BacklogFull, NotFound, VersionConflict
from domain.identity import new_event_id
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.coalescer import InsertCoalescer
from infrastructure.mongo.errors import persist, store_errors
from infrastructure.mongo.lease import Lease, Leases
from infrastructure.serialization import from_document, pending_to_document, to_document

A = TypeVar("A", bound=AggregateRoot[Any])

#: Ids of the last events kept in a document, to recognise a write whose answer was lost.
EVENT_IDS_KEPT = 20


@dataclass(frozen=True, slots=True)
class _Seen:
    """What was last seen of a document's outbox: whether somebody holds its lease, and how many events wait."""

    leased: bool
    pending: int

    @classmethod
    def of(cls, document: Document) -> "_Seen":
        return cls("lease" in document, len(document.get("pending", ())))


class MongoRepository(Generic[A]):
    """Keeps one kind of aggregate. `restore` rebuilds one from its id, state and version."""

    def __init__(
        self, collection: Collection, restore: Callable[[str, Any, int], A], state_type: type[Any], leases: Leases
    ) -> None:
        self._collection = collection
        self._restore = restore
        self._state_type = state_type
        self._leases = leases
        self.inserts = InsertCoalescer(collection)
        self._seen: WeakKeyDictionary[A, _Seen] = WeakKeyDictionary()

    async def get(self, aggregate_id: str) -> A:
        aggregate = await self.find(aggregate_id)
        if aggregate is None:
            raise NotFound(f"There is no {self._leases.kind} '{aggregate_id}'.")
        return aggregate

    async def find(self, aggregate_id: str) -> A | None:
        with store_errors():
            document = await self._collection.find_one({"_id": aggregate_id})
        return None if document is None else self._load(document)

    async def find_many(self, aggregate_ids: Sequence[str]) -> dict[str, A]:
        with store_errors():
            found = await self._collection.find({"_id": {"$in": list(aggregate_ids)}}).to_list(None)
        return {document["_id"]: self._load(document) for document in found}

    def _load(self, document: Document) -> A:
        state = from_document(document["state"], self._state_type)
        aggregate = self._restore(document["_id"], state, document["version"])
        self._seen[aggregate] = _Seen.of(document)
        return aggregate

    async def add(self, aggregate: A) -> None:
        events = aggregate.raised
        document = {
            "_id": aggregate.id,
            "version": aggregate.next_version,
            "state": to_document(aggregate.state),
            "event_ids": _marks(aggregate),
            "pending": _fresh(aggregate),
        }
        lease = None
        if events:
            lease = self._leases.make_if_room()
            document |= {"pending_since": self._leases.clock.now(), **self._leases.fresh_fields(lease)}
        await self.inserts.insert(document)
        aggregate.mark_saved()
        if lease:
            self._leases.hand_over(aggregate.id, [PendingEvent(event) for event in events], lease)

    async def save(self, aggregate: A) -> None:
        marks = _marks(aggregate)
        lease = self._leases.make_if_room() if aggregate.raised else None
        written = await persist(lambda: self._write(aggregate, marks, lease))
        self._seen.pop(aggregate, None)
        aggregate.mark_saved()
        if lease and written.get("lease") == lease.token:
            self._leases.hand_over(aggregate.id, self._leases.from_documents(written["pending"]), lease)
        elif "lease" in written:
            self._leases.notify(aggregate.id)

    async def _write(self, aggregate: A, marks: list[str], lease: Lease | None) -> Document:
        """The document's outbox as the write left it."""
        while True:
            seen = self._seen.get(aggregate) or await self._look(aggregate, marks)
            if isinstance(seen, dict):
                return seen
            if seen.pending + len(aggregate.raised) > MOST_PENDING:
                raise BacklogFull(
                    f"Too many events of this {self._leases.kind} still wait to be handled. Try again later."
                )
            guard, update = self._change(aggregate, marks, lease, leased=seen.leased)
            written = await self._collection.find_one_and_update(
                guard, update, {"lease": 1, "pending": 1}, return_document=ReturnDocument.AFTER
            )
            if written is not None:
                return written
            self._seen.pop(aggregate, None)

    async def _look(self, aggregate: A, marks: list[str]) -> _Seen | Document:
        """What is there now; the document itself where an earlier try of this very save has written it.

        Raises `VersionConflict` where somebody else has saved.
        """
        found = await self._collection.find_one(
            {"_id": aggregate.id}, {"version": 1, "lease": 1, "pending": 1, "event_ids": 1}
        )
        if found is not None and marks[-1] in found["event_ids"]:
            return found
        if found is None or found["version"] != aggregate.version:
            raise VersionConflict("Somebody else changed this first. Read it again and decide anew.")
        return _Seen.of(found)

    def _change(
        self, aggregate: A, marks: list[str], lease: Lease | None, *, leased: bool
    ) -> tuple[Document, Document]:
        """Filter and update. Events make a free document leased or due; who holds a lease finds them by himself."""
        guard: Document = {"_id": aggregate.id, "version": aggregate.version}
        change: Document = {"state": to_document(aggregate.state)}
        pushed: Document = {"event_ids": {"$each": marks, "$slice": -EVENT_IDS_KEPT}}
        update: Document = {
            "$set": change,
            "$inc": {"version": aggregate.next_version - aggregate.version},
            "$push": pushed,
        }
        if aggregate.raised:
            guard["lease"] = {"$ne": None} if leased else None
            change |= {} if leased else self._leases.fresh_fields(lease)
            pushed["pending"] = {"$each": _fresh(aggregate)}
            update["$min"] = {"pending_since": self._leases.clock.now()}
        return guard, update


def _fresh(aggregate: AggregateRoot[Any]) -> list[Document]:
    return [pending_to_document(PendingEvent(event)) for event in aggregate.raised]


def _marks(aggregate: AggregateRoot[Any]) -> list[str]:
    """What this write is recognised by: its events' ids, or an id of its own where it has none."""
    return [event.event_id for event in aggregate.raised] or [new_event_id()]
