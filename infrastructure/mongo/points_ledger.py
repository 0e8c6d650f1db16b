"""The ledger of loyalty points: one document per movement, never changed."""

from collections.abc import Sequence

from pymongo import UpdateOne

from application.ports.loyalty import PointsMovement
from infrastructure.mongo.client import Collection, Document, aggregate
from infrastructure.mongo.errors import persist, store_errors
from infrastructure.serialization import from_document, to_document


class MongoPointsLedger:
    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def add(self, movements: Sequence[PointsMovement]) -> None:
        if not movements:
            return
        writes = [UpdateOne({"_id": m.id}, {"$setOnInsert": to_document(m)}, upsert=True) for m in movements]
        # All over again when the answer is lost, or where another inserts the same just now: what is there stays.
        await persist(lambda: self._collection.bulk_write(writes, ordered=False))

    async def balance(self, customer_id: str, *, after_order: str = "", without: Sequence[str] = ()) -> int:
        match: Document = {**_of(customer_id, after_order), "_id": {"$nin": list(without)}}
        with store_errors():
            found = await aggregate(
                self._collection, [{"$match": match}, {"$group": {"_id": None, "points": {"$sum": "$points"}}}]
            )
        return int(found[0]["points"]) if found else 0

    async def present(self, movement_ids: Sequence[str]) -> set[str]:
        with store_errors():
            found = await self._collection.find({"_id": {"$in": list(movement_ids)}}, {"_id": 1}).to_list(None)
        return {document["_id"] for document in found}

    async def list(
        self, customer_id: str, *, after_order: str = "", limit: int, before: str | None = None
    ) -> list[PointsMovement]:
        with store_errors():
            condition = _of(customer_id, after_order) | await self._behind(before)
            cursor = self._collection.find(condition, {"_id": 0}).sort([("at", -1), ("_id", -1)]).limit(limit)
            found = await cursor.to_list(None)
        return [from_document(document, PointsMovement) for document in found]

    async def _behind(self, before: str | None) -> Document:
        if before is None:
            return {}
        last = await self._collection.find_one({"_id": before}, {"at": 1})
        if last is None:
            return {"_id": {"$in": []}}
        return {"$or": [{"at": {"$lt": last["at"]}}, {"at": last["at"], "_id": {"$lt": before}}]}


def _of(customer_id: str, after_order: str) -> Document:
    return {"customer_id": customer_id, "order_id": {"$gt": after_order}}
