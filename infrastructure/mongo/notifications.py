"""The record of notifications: a document for each event and channel, under their names."""

from collections.abc import Sequence

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from application.ports.notifications import NotificationRecord, NotificationStatus
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import only_duplicates, persist, store_errors
from infrastructure.serialization import from_document, to_document


class MongoNotificationLog:
    """Fields that are None are left out: the index of what was not sent holds what has an `error`."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def write(self, records: Sequence[NotificationRecord]) -> None:
        if records:
            # All over again when the answer is lost: what is final stays as it is, and the same failure is the same.
            await persist(lambda: self._write(records))

    async def _write(self, records: Sequence[NotificationRecord]) -> None:
        """Most are new, and inserts are the cheapest; only where one was there already it is looked at."""
        documents = [_document(record) for record in records]
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as failure:
            if not only_duplicates(failure):
                raise
            errors = failure.details["writeErrors"]
            await self._collection.bulk_write([_replacing(documents[error["index"]]) for error in errors])

    async def find(self, ids: Sequence[str]) -> dict[str, NotificationRecord]:
        with store_errors():
            found = await self._collection.find({"_id": {"$in": list(ids)}}).to_list(None)
        return {document["_id"]: _record(document) for document in found}

    async def of_order(self, order_id: str) -> list[NotificationRecord]:
        with store_errors():
            found = await self._collection.find({"order_id": order_id}).sort("_id", 1).to_list(None)
        return [_record(document) for document in found]

    async def list(
        self, status: NotificationStatus | None, *, limit: int, before_id: str | None
    ) -> list[NotificationRecord]:
        condition: Document = {}
        if status is not None:
            condition["status"] = status.value
            if status is not NotificationStatus.SENT:
                condition["error"] = {"$exists": True}  # said so that the index is used, which is partial
        if before_id is not None:
            condition["_id"] = {"$lt": before_id}
        with store_errors():
            found = await self._collection.find(condition).sort("_id", -1).limit(limit).to_list(None)
        return [_record(document) for document in found]


def _document(record: NotificationRecord) -> Document:
    document = {name: value for name, value in to_document(record).items() if value is not None}
    document["_id"] = document.pop("id")
    return document


def _replacing(document: Document) -> UpdateOne:
    changed = {name: value for name, value in document.items() if name != "_id"}
    gone = {name: "" for name in ("provider_id", "error") if name not in changed}
    failed = {"_id": document["_id"], "status": NotificationStatus.FAILED.value}
    return UpdateOne(failed, {"$set": changed} | ({"$unset": gone} if gone else {}))


def _record(document: Document) -> NotificationRecord:
    return from_document({"id": document.pop("_id"), **document}, NotificationRecord)
