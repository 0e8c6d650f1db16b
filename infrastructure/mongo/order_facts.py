"""Facts about orders: one document each, under the order's id; what changes one then marks its hour."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pymongo import DeleteOne, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from application.analytics.calendar import utc_hour
from application.analytics.facts import FactChange, OrderFact
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import only_duplicates, persist, store_errors
from infrastructure.serialization import from_document, to_document
from infrastructure.tokens import new_token

LARGEST_BATCH = 200
#: Seconds for a batch, since no request waits for it.
BATCH_SECONDS = 10.0


class MongoOrderFacts:
    """A mark follows the fact. If the process dies in between, the event comes again, and with it the mark."""

    def __init__(self, facts: Collection, marks: Collection) -> None:
        self._facts = facts
        self._marks = marks

    async def apply(self, changes: Sequence[OrderFact | FactChange], *, generation: str = "") -> None:
        for start in range(0, len(changes), LARGEST_BATCH):
            await self._apply(changes[start : start + LARGEST_BATCH], generation)

    async def _apply(self, changes: Sequence[OrderFact | FactChange], generation: str) -> None:
        await persist(lambda: self._write(changes, generation), BATCH_SECONDS)
        hours = {utc_hour(change.placed_at) for change in changes if isinstance(change, OrderFact)}
        others = [change.order_id for change in changes if isinstance(change, FactChange)]
        await self._mark(hours | await self._hours_of(others))

    async def _write(self, changes: Sequence[OrderFact | FactChange], generation: str) -> None:
        """Most facts are of new orders, and inserts are the cheapest; only what is there already is compared with.
        A rebuild's mostly are there."""
        write_whole = _putting if generation else _inserting
        there = await self._bulk_write(
            [write_whole(each, generation) if isinstance(each, OrderFact) else _changing(each) for each in changes]
        )
        # To put a fact where one is ahead of it is to insert a second one, which the id forbids.
        known = [fact for index in there if isinstance(fact := changes[index], OrderFact)]
        if known and not generation:
            await self._bulk_write([_putting(fact, generation) for fact in known])

    async def _bulk_write(self, writes: Sequence[InsertOne[Document] | UpdateOne]) -> list[int]:
        """Returns the places of those whose document is there already."""
        try:
            await self._facts.bulk_write(writes, ordered=False)
        except BulkWriteError as failure:
            if not only_duplicates(failure):
                raise
            return [error["index"] for error in failure.details["writeErrors"]]
        return []

    async def between(self, start: datetime, end: datetime) -> list[OrderFact]:
        with store_errors():
            found = await self._facts.find({"placed_at": {"$gte": start, "$lt": end}}, {"generation": 0}).to_list(None)
        return [from_document({"order_id": document.pop("_id"), **document}, OrderFact) for document in found]

    async def first_after(self, moment: datetime) -> datetime | None:
        with store_errors():
            cursor = self._facts.find({"placed_at": {"$gte": moment}}, {"placed_at": 1}).sort("placed_at", 1).limit(1)
            found = await cursor.to_list(None)
        return found[0]["placed_at"] if found else None

    async def others(self, generation: str, *, after: str, limit: int) -> list[tuple[str, int]]:
        where = {"_id": {"$gt": after}, "generation": {"$ne": generation}}
        with store_errors(60.0):  # it may have to look at every fact
            found = await self._facts.find(where, {"version": 1}).sort("_id", 1).limit(limit).to_list(None)
        return [(document["_id"], document["version"]) for document in found]

    async def remove(self, order_ids: Sequence[str]) -> None:
        hours = await self._hours_of(order_ids)
        writes = [DeleteOne({"_id": order_id}) for order_id in order_ids]
        await write_in_batches(self._facts, writes)
        await self._mark(hours)

    async def _hours_of(self, order_ids: Sequence[str]) -> set[datetime]:
        if not order_ids:
            return set()
        with store_errors():
            found = await self._facts.find({"_id": {"$in": list(order_ids)}}, {"placed_at": 1}).to_list(None)
        return {utc_hour(document["placed_at"]) for document in found}

    async def _mark(self, hours: Iterable[datetime]) -> None:
        await mark_hours(self._marks, hours)


async def mark_hours(marks: Collection, hours: Iterable[datetime]) -> None:
    token = new_token()
    writes = [UpdateOne({"_id": hour}, {"$set": {"token": token}}, upsert=True) for hour in hours]
    await write_in_batches(marks, writes)


async def write_in_batches(collection: Collection, writes: Sequence[UpdateOne | DeleteOne]) -> None:
    """Writes that may come again, in no order."""
    for start in range(0, len(writes), LARGEST_BATCH):
        batch = writes[start : start + LARGEST_BATCH]
        await persist(lambda batch=batch: collection.bulk_write(batch, ordered=False), BATCH_SECONDS)  # type: ignore[misc]


def _inserting(fact: OrderFact, generation: str) -> InsertOne[Document]:
    document: Document = to_document(fact)
    return InsertOne({"_id": document.pop("order_id"), **document, "generation": generation})


def _putting(fact: OrderFact, generation: str) -> UpdateOne:
    document: Document = to_document(fact)
    behind = {"_id": document.pop("order_id"), "version": {"$lte": fact.version}}
    return UpdateOne(behind, {"$set": {**document, "generation": generation}}, upsert=True)


def _changing(change: FactChange) -> UpdateOne:
    behind = {"_id": change.order_id, "version": {"$lt": change.version}}
    return UpdateOne(behind, {"$set": {"version": change.version, **change.changed}})
