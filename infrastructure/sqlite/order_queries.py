"""Reading orders from SQLite."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from application.ports import OrderFilter, OrderView
from domain.identity import first_id_at
from domain.order_lifecycle import OrderStatus
from domain.order_state import OrderState
from infrastructure.serialization import to_json
from infrastructure.sqlite.database import Database

_states = msgspec.json.Decoder(OrderState)


class SqliteOrderQueries:
    """Implements `application.ports.OrderQueries`. Ids sort by time, so a range of time is a range of ids."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, order_id: str) -> OrderView | None:
        return self._first("SELECT id, version, state FROM orders WHERE id = ?", order_id)

    async def get_many(self, order_ids: Iterable[str]) -> dict[str, OrderView]:
        sql = "SELECT id, version, state FROM orders WHERE id IN (SELECT value FROM json_each(?))"
        rows = self._database.read(sql, (to_json(list(order_ids)).decode(),))
        return {row[0]: _view(row) for row in rows}

    async def find_by_idempotency_key(self, key: str) -> OrderView | None:
        return self._first("SELECT id, version, state FROM orders WHERE idempotency_key = ?", key)

    async def list(self, where: OrderFilter, *, limit: int, before_id: str | None) -> list[OrderView]:
        below = [bound for bound in (before_id, first_id_at(where.placed_to) if where.placed_to else None) if bound]
        conditions = {
            "status = ?": where.status,
            "customer_phone = ?": where.customer_phone,
            "id >= ?": first_id_at(where.placed_from) if where.placed_from else None,
            "id < ?": min(below, default=None),
        }
        wanted = {sql: value for sql, value in conditions.items() if value is not None}
        rows = self._database.read(
            f"SELECT id, version, state FROM orders WHERE {' AND '.join(wanted) or '1'} ORDER BY id DESC LIMIT ?",  # noqa: S608
            (*wanted.values(), limit),
        )
        return [_view(row) for row in rows]

    async def count_by_status(self, statuses: Sequence[OrderStatus], *, at_most: int) -> int:
        marks = ", ".join("?" * len(statuses))
        sql = f"SELECT count(*) FROM (SELECT 1 FROM orders WHERE status IN ({marks}) LIMIT ?)"  # noqa: S608
        return int(self._database.read(sql, (*statuses, at_most))[0][0])

    def _first(self, sql: str, value: str) -> OrderView | None:
        rows = self._database.read(sql, (value,))
        return _view(rows[0]) if rows else None


def _view(row: tuple[Any, ...]) -> OrderView:
    return OrderView(row[0], row[1], _states.decode(row[2]))
