"""Inserts that came while the last batch was on its way go to the server together."""

import time
from typing import Any

from bson.errors import BSONError
from pymongo.errors import BulkWriteError, OperationFailure

from domain.errors import DuplicateId, DuplicateRequest, StoreUnavailable
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import only_duplicates, persist
from infrastructure.mongo.write_queue import Wish, WriteQueue

LARGEST_BATCH = 200
IDEMPOTENCY_KEY = "state.idempotency_key"
#: What encoding raises for a value that BSON cannot hold.
UNFIT = (BSONError, OverflowError, UnicodeError)


class InsertCoalescer(WriteQueue[Document]):
    """Documents carry `_id` and `event_ids`, by which an insert whose answer was lost is recognised."""

    def __init__(self, collection: Collection) -> None:
        super().__init__("inserts", LARGEST_BATCH)
        self._collection = collection

    async def insert(self, document: Document) -> None:
        """Raises `DuplicateId`, `DuplicateRequest`, `StoreUnavailable`."""
        await self.put(document)

    async def write(self, batch: list[Wish[Document]]) -> None:
        failures = await self._write(batch)
        for index, wish in enumerate(batch):
            wish.answer(failures.get(index))

    async def _write(self, batch: list[Wish[Document]]) -> dict[int, Exception]:
        """The failures, by their place in the batch. None waits longer than the first of the batch may."""
        documents = [wish.wanted for wish in batch]
        patience = batch[0].deadline - time.monotonic()
        try:
            return await persist(lambda: self._insert_many(documents), max(0.01, patience))
        except StoreUnavailable as failure:
            return dict.fromkeys(range(len(batch)), failure)
        except UNFIT as failure:
            if len(batch) == 1:
                return {0: failure}
            alone = [await self._write([wish]) for wish in batch]  # one is bad: let the others through
            return {index: failures[0] for index, failures in enumerate(alone) if failures}

    async def _insert_many(self, documents: list[Document]) -> dict[int, Exception]:
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as failure:
            return await self._failures(documents, failure)
        return {}

    async def _failures(self, documents: list[Document], failure: BulkWriteError) -> dict[int, Exception]:
        if not only_duplicates(failure):
            # Written, but not yet safe, or failed for no fault of the document's: try again.
            raise OperationFailure("not every insert was confirmed") from failure
        errors: list[Document] = failure.details["writeErrors"]
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
