"""The kitchen's tickets: one document per order, under the order's id."""

from collections.abc import Sequence

from pymongo import UpdateOne

from application.ports import TicketChange
from domain.kitchen import Ticket, TicketStatus
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import persist, store_errors
from infrastructure.serialization import from_document, to_document


class MongoTicketBoard:
    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def apply(self, changes: Sequence[Ticket | TicketChange]) -> None:
        if not changes:
            return
        writes = [_opening(change) if isinstance(change, Ticket) else _moving(change) for change in changes]
        # All over again when the answer is lost: what was applied ignores the repeat.
        await persist(lambda: self._collection.bulk_write(writes, ordered=True))

    async def list(self, statuses: Sequence[TicketStatus], *, limit: int) -> list[Ticket]:
        with store_errors():
            cursor = self._collection.find(_in(statuses)).sort([("confirmed_at", 1), ("_id", 1)]).limit(limit)
            found = await cursor.to_list(None)
        return [from_document({"order_id": document.pop("_id"), **document}, Ticket) for document in found]

    async def forget_notes(self, order_ids: Sequence[str]) -> None:
        tickets = {"_id": {"$in": list(order_ids)}}
        await persist(lambda: self._collection.update_many(tickets, {"$set": {"notes": None}}))


def _opening(ticket: Ticket) -> UpdateOne:
    document = to_document(ticket)
    return UpdateOne({"_id": document.pop("order_id")}, {"$setOnInsert": document}, upsert=True)


def _moving(change: TicketChange) -> UpdateOne:
    changed = {name: value for name, value in to_document(change).items() if value is not None}
    behind = {"_id": changed.pop("order_id"), "version": {"$lt": change.version}}
    return UpdateOne(behind, {"$set": changed})


def _in(statuses: Sequence[TicketStatus]) -> Document:
    return {"status": {"$in": [status.value for status in statuses]}}
