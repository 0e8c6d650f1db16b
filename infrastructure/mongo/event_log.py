"""The event log: each event once, at gapless positions, with no transaction and no counter to lock."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from application.clock import utc_now
from application.ports import LoggedEvent, Signal
from domain.events import DomainEvent, without_person
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import only_duplicates, persist, store_errors
from infrastructure.serialization import event_from_document, event_to_document

LARGEST_BATCH = 500


class MongoEventLog:
    """A document's `_id` is its position. Writers race for the next ones: the server's unique index lets one win each,
    and an ordered insert stops at the first that is taken, so that no position is left out."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._appended = Signal()
        self._one_at_a_time = asyncio.Lock()
        #: The last position known to be taken; None where that must be looked up.
        self._last: int | None = None

    @property
    def appended(self) -> Signal:
        return self._appended

    async def append(self, events: Sequence[DomainEvent]) -> None:
        async with self._one_at_a_time:
            for start in range(0, len(events), LARGEST_BATCH):
                batch = {event.event_id: event for event in events[start : start + LARGEST_BATCH]}
                await persist(lambda batch=batch: self._append(batch))  # type: ignore[misc]
        self._appended.fire()

    async def _append(self, missing: dict[str, DomainEvent]) -> None:
        """Write what is missing, and forget it there when it is written. Optimistic: it looks only after a clash."""
        while missing:
            if self._last is None:
                self._last = await self._find_last()
                for event_id in await self._present(list(missing)):
                    del missing[event_id]
            if missing:
                await self._insert(missing, self._last + 1)

    async def _insert(self, missing: dict[str, DomainEvent], position: int) -> None:
        now = utc_now()
        documents = [_document(position + n, now, event) for n, event in enumerate(missing.values())]
        self._last = None  # until the answer is here
        try:
            await self._collection.insert_many(documents, ordered=True)
        except BulkWriteError as failure:
            if not only_duplicates(failure):
                raise
            return
        self._last = documents[-1]["_id"]
        missing.clear()

    async def of_aggregate(self, aggregate_id: str, *, after_version: int = 0) -> list[LoggedEvent]:
        condition = {"aggregate_id": aggregate_id, "aggregate_version": {"$gt": after_version}}
        with store_errors():
            return _logged(await self._collection.find(condition).sort("aggregate_version", 1).to_list(None))

    async def after(self, position: int, limit: int) -> list[LoggedEvent]:
        with store_errors():
            cursor = self._collection.find({"_id": {"$gt": position}}).sort("_id", 1).limit(limit)
            return _logged(await cursor.to_list(None))

    async def latest(
        self, limit: int, *, before: int | None = None, aggregate_id: str | None = None
    ) -> list[LoggedEvent]:
        conditions = {"_id": before and {"$lt": before}, "aggregate_id": aggregate_id}
        given = {name: condition for name, condition in conditions.items() if condition is not None}
        with store_errors():
            return _logged(await self._collection.find(given).sort("_id", -1).limit(limit).to_list(None))

    async def last_position(self) -> int:
        with store_errors():
            return await self._find_last()

    async def erase(self, aggregate_ids: Sequence[str]) -> None:
        with store_errors():
            found = await self._collection.find({"aggregate_id": {"$in": list(aggregate_ids)}}).to_list(None)
        writes = [
            UpdateOne({"_id": document["_id"]}, {"$set": event_to_document(without_person(event))})
            for document in found
            if (event := event_from_document(document)).personal_fields
        ]
        if writes:
            await persist(lambda: self._collection.bulk_write(writes, ordered=False))

    async def _find_last(self) -> int:
        found = await self._collection.find({}, {"_id": 1}).sort("_id", -1).limit(1).to_list(None)
        return int(found[0]["_id"]) if found else 0

    async def _present(self, event_ids: list[str]) -> list[str]:
        found = self._collection.find({"event_id": {"$in": event_ids}}, {"event_id": 1})
        return [document["event_id"] for document in await found.to_list(None)]


def _document(position: int, now: datetime, event: DomainEvent) -> Document:
    return {
        "_id": position,
        "event_id": event.event_id,
        "aggregate_id": event.aggregate_id,
        "aggregate_version": event.aggregate_version,
        "recorded_at": now,
        **event_to_document(event),
    }


def _logged(documents: list[Document]) -> list[LoggedEvent]:
    return [LoggedEvent(found["_id"], found["recorded_at"], event_from_document(found)) for found in documents]
