"""Reads orders past the aggregate."""

from collections.abc import Iterable, Sequence

from application.ports import OrderFilter, OrderView
from domain.identity import first_id_at
from domain.order_lifecycle import OrderStatus
from domain.order_state import OrderState
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.coalescer import IDEMPOTENCY_KEY
from infrastructure.mongo.errors import store_errors
from infrastructure.serialization import from_document

_SHOWN = {"version": 1, "state": 1}


class MongoOrderQueries:
    def __init__(self, orders: Collection) -> None:
        self._orders = orders

    async def get(self, order_id: str) -> OrderView | None:
        return await self._find_one({"_id": order_id})

    async def get_many(self, order_ids: Iterable[str]) -> dict[str, OrderView]:
        with store_errors():
            found = await self._orders.find({"_id": {"$in": list(order_ids)}}, _SHOWN).to_list(None)
        return {document["_id"]: _view(document) for document in found}

    async def find_by_idempotency_key(self, key: str) -> OrderView | None:
        return await self._find_one({IDEMPOTENCY_KEY: {"$eq": key, "$type": "string"}})  # the type: see the index

    async def list(self, where: OrderFilter, *, limit: int, before_id: str | None) -> list[OrderView]:
        with store_errors():
            cursor = self._orders.find(_condition(where, before_id), _SHOWN).sort("_id", -1).limit(limit)
            found = await cursor.to_list(None)
        return [_view(document) for document in found]

    async def count_by_status(self, statuses: Sequence[OrderStatus], *, at_most: int) -> int:
        condition = {"state.status": {"$in": [status.value for status in statuses]}}
        with store_errors():
            return await self._orders.count_documents(condition, limit=at_most)

    async def _find_one(self, condition: Document) -> OrderView | None:
        with store_errors():
            document = await self._orders.find_one(condition, _SHOWN)
        return _view(document) if document else None


def _condition(where: OrderFilter, before_id: str | None) -> Document:
    """Time is a range over ids, which begin with the moment of placing."""
    condition: Document = {}
    if where.status is not None:
        condition["state.status"] = where.status.value
    if where.customer_phone is not None:
        condition["state.customer.phone"] = where.customer_phone
    ids: Document = {}
    below = [before_id] if before_id is not None else []
    if where.placed_to is not None:
        below.append(first_id_at(where.placed_to))
    if below:
        ids["$lt"] = min(below)
    if where.placed_from is not None:
        ids["$gte"] = first_id_at(where.placed_from)
    return condition | ({"_id": ids} if ids else {})


def _view(document: Document) -> OrderView:
    return OrderView(document["_id"], document["version"], from_document(document["state"], OrderState))
