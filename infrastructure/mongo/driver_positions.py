"""The drivers' last positions: one document per driver, under the driver's id."""

from collections.abc import Sequence

from pymongo import UpdateOne

from application.ports.driver_positions import DriverPosition, newest_of_each
from infrastructure.mongo.client import Collection
from infrastructure.mongo.errors import persist, store_errors
from infrastructure.serialization import from_document, to_document


class MongoDriverPositions:
    """Implements `application.ports.driver_positions.DriverPositions`."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def report(self, positions: Sequence[DriverPosition]) -> None:
        if not positions:
            return
        writes = [write for position in newest_of_each(positions) for write in _keep_newer(position)]
        # All over again when the answer is lost: what is there already is not newer than itself.
        await persist(lambda: self._collection.bulk_write(writes, ordered=True))

    async def list(self, *, limit: int) -> list[DriverPosition]:
        with store_errors():
            found = await self._collection.find().sort([("at", -1), ("_id", 1)]).limit(limit).to_list(None)
        return [from_document({"driver_id": document.pop("_id"), **document}, DriverPosition) for document in found]


def _keep_newer(position: DriverPosition) -> list[UpdateOne]:
    document = to_document(position)
    driver_id = document.pop("driver_id")
    return [
        UpdateOne({"_id": driver_id}, {"$setOnInsert": document}, upsert=True),
        UpdateOne({"_id": driver_id, "at": {"$lt": position.at}}, {"$set": document}),
    ]
