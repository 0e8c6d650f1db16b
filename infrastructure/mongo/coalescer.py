"""Inserts that came while the last batch was on its way go to the server together."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bson.errors import BSONError
from pymongo.errors import BulkWriteError, OperationFailure

from domain.errors import DuplicateId, DuplicateRequest, StoreUnavailable
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import DUPLICATE_KEY, PATIENCE, persist

LARGEST_BATCH = 200
IDEMPOTENCY_KEY = "state.idempotency_key"
#: What encoding raises for a value that BSON cannot hold.
UNFIT = (BSONError, OverflowError, UnicodeError)


@dataclass(slots=True, eq=False)
class _Insert:
    document: Document
    done: asyncio.Future[None]
    deadline: float = field(default_factory=lambda: time.monotonic() + PATIENCE)

    def answer(self, failure: Exception | None) -> None:
        if self.done.done():
            return  # whoever asked has gone
        if failure is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(failure)


class InsertCoalescer:
    """Waits for nothing but the batch before: alone, an insert goes at once; in a crowd, up to 200 share a write.

    Documents carry `_id` and `event_ids`, by which an insert whose answer was lost is recognised.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._queue: deque[_Insert] = deque()
        self._worker: asyncio.Task[None] | None = None

    async def insert(self, document: Document) -> None:
        """Raises `DuplicateId`, `DuplicateRequest`, `StoreUnavailable`."""
        insert = _Insert(document, asyncio.get_running_loop().create_future())
        self._queue.append(insert)
        if self._worker is None:
            self._worker = asyncio.create_task(self._write_queue(), name="inserts")
        await insert.done

    async def drain(self) -> None:
        """Wait until all that is queued has been answered."""
        if self._worker:
            await asyncio.wait([self._worker])

    async def _write_queue(self) -> None:
        batch: list[_Insert] = []
        try:
            while batch := self._next_batch():
                failures = await self._write(batch)
                for index, insert in enumerate(batch):
                    insert.answer(failures.get(index))
        finally:
            self._worker = None
            for insert in (*batch, *self._queue):
                insert.answer(StoreUnavailable())  # this was ended from outside: leave nobody waiting
            self._queue.clear()

    def _next_batch(self) -> list[_Insert]:
        """What waits, the oldest first. What has waited too long is refused: it has cost the store nothing yet."""
        batch: list[_Insert] = []
        now = time.monotonic()
        while self._queue and len(batch) < LARGEST_BATCH:
            insert = self._queue.popleft()
            if insert.deadline > now:
                batch.append(insert)
            else:
                insert.answer(StoreUnavailable())
        return batch

    async def _write(self, batch: list[_Insert]) -> dict[int, Exception]:
        """The failures, by their place in the batch. None waits longer than the first of the batch may."""
        documents = [insert.document for insert in batch]
        patience = batch[0].deadline - time.monotonic()
        try:
            return await persist(lambda: self._insert_many(documents), max(0.01, patience))
        except StoreUnavailable as failure:
            return dict.fromkeys(range(len(batch)), failure)
        except UNFIT as failure:
            if len(batch) == 1:
                return {0: failure}
            alone = [await self._write([insert]) for insert in batch]  # one is bad: let the others through
            return {index: failures[0] for index, failures in enumerate(alone) if failures}

    async def _insert_many(self, documents: list[Document]) -> dict[int, Exception]:
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as failure:
            return await self._failures(documents, failure)
        return {}

    async def _failures(self, documents: list[Document], failure: BulkWriteError) -> dict[int, Exception]:
        errors: list[Document] = failure.details["writeErrors"]
        if failure.details["writeConcernErrors"] or any(error["code"] != DUPLICATE_KEY for error in errors):
            # Written, but not yet safe, or failed for no fault of the document's: try again.
            raise OperationFailure("not every insert was confirmed") from failure
        existing = await self._existing([documents[error["index"]] for error in errors])
        refused = {error["index"]: _refusal(documents[error["index"]], existing) for error in errors}
        return {index: refusal for index, refusal in refused.items() if refusal}

    async def _existing(self, documents: list[Document]) -> list[Document]:
        keys = [key for key in map(_key, documents) if key is not None]
        same: list[Document] = [{"_id": {"$in": [document["_id"] for document in documents]}}]
        if keys:
            same.append({IDEMPOTENCY_KEY: {"$in": keys, "$type": "string"}})
        return await self._collection.find({"$or": same}, {"event_ids": 1, IDEMPOTENCY_KEY: 1}).to_list(None)


def _refusal(document: Document, existing: list[Document]) -> Exception | None:
    """Why a document was refused; None where an earlier try of ours has written it."""
    same_id = next((found for found in existing if found["_id"] == document["_id"]), None)
    if same_id is not None:
        ours = document["event_ids"][-1] in same_id.get("event_ids", ())
        return None if ours else DuplicateId(f"'{document['_id']}' exists already.")
    key = _key(document)
    return DuplicateRequest(next((found["_id"] for found in existing if _key(found) == key), ""))


def _key(document: Document) -> Any:
    return document.get("state", {}).get("idempotency_key")
