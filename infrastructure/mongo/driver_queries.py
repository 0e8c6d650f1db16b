"""Reads drivers past the aggregate."""

from application.ports.drivers import DriverView
from domain.driver import DriverState
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import store_errors
from infrastructure.serialization import from_document

_SHOWN = {"version": 1, "state": 1}


class MongoDriverQueries:
    def __init__(self, drivers: Collection) -> None:
        self._drivers = drivers

    async def get(self, driver_id: str) -> DriverView | None:
        with store_errors():
            document = await self._drivers.find_one({"_id": driver_id}, _SHOWN)
        return _view(document) if document else None

    async def list(self, *, limit: int, after_id: str | None) -> list[DriverView]:
        condition: Document = {"_id": {"$gt": after_id}} if after_id is not None else {}
        with store_errors():
            found = await self._drivers.find(condition, _SHOWN).sort("_id", 1).limit(limit).to_list(None)
        return [_view(document) for document in found]


def _view(document: Document) -> DriverView:
    return DriverView(document["_id"], document["version"], from_document(document["state"], DriverState))
