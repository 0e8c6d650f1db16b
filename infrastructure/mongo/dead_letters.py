"""Parked deliveries, found in the documents that hold them."""

from typing import Any

from application.dispatch.outbox import DeadLetter, DeadLetterId
from infrastructure.dead_letters import dead_letters_of
from infrastructure.mongo.client import Collection, Document
from infrastructure.serialization import pending_from_document

PARKED: Document = {"parked_at": {"$exists": True}}


async def page(collection: Collection, kind: str, limit: int, after: str | None) -> list[DeadLetter]:
    """Up to `limit` of them: documents by their oldest one, within a document by version and handler."""
    last = DeadLetterId.parse(after) if after else None
    letters: list[DeadLetter] = []
    async for document in collection.find(await _behind(collection, last)).sort([("parked_at", 1), ("_id", 1)]):
        pending = [pending_from_document(entry) for entry in document["pending"]]
        letters += dead_letters_of(kind, document["_id"], pending, last)
        if len(letters) >= limit:
            break
    return letters[:limit]


async def _behind(collection: Collection, last: DeadLetterId | None) -> Document:
    """The documents from that of the last letter on; all where it holds none any more."""
    shown = last and await collection.find_one({"_id": last.aggregate_id, **PARKED}, {"parked_at": 1})
    if not shown:
        return PARKED
    since: Any = shown["parked_at"]
    return {"$or": [{"parked_at": {"$gt": since}}, {"parked_at": since, "_id": {"$gte": shown["_id"]}}]}
