"""Secrets that all replicas share."""

from pymongo.errors import DuplicateKeyError

from infrastructure.mongo.client import Collection
from infrastructure.mongo.errors import persist


class MongoSecretStore:
    """One document per secret; the server's unique `_id` decides whose candidate was first."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def get_or_create(self, name: str, candidate: bytes) -> bytes:
        async def attempt() -> bytes:
            found = await self._collection.find_one({"_id": name})
            if found is None:
                try:
                    await self._collection.insert_one({"_id": name, "value": candidate})
                except DuplicateKeyError:
                    return await attempt()
                return candidate
            return bytes(found["value"])

        return await persist(attempt)
