"""Orders of the past in SQLite: they, their events in the log and their facts, in one transaction."""

import sqlite3
from collections.abc import Collection, Sequence

from application.dispatch.outbox import FRESH_LANE, LANE_SEPARATOR, Delivery, PendingEvent
from application.ports.history import PastOrder
from domain.order import Order
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.event_log import APPEND, log_rows
from infrastructure.sqlite.order_facts import write_facts
from infrastructure.sqlite.repository import SqliteRepository


class SqliteOrderHistory:
    """Implements `application.ports.history.OrderHistory`."""

    def __init__(self, database: Database, orders: SqliteRepository[Order]) -> None:
        self._database = database
        self._orders = orders

    async def add(self, batch: Sequence[PastOrder], *, tell: Collection[str] = ()) -> list[bool]:
        lane = LANE_SEPARATOR.join(sorted(tell)) or FRESH_LANE
        insertions = [self._orders.insertion(past.order, _pending(past.order, tell), lane=lane) for past in batch]
        logged = [log_rows(past.order.raised) for past in batch]

        def write(connection: sqlite3.Connection) -> list[bool]:
            written = [_insert(connection, *insertion) for insertion in insertions]
            fresh = [n for n, new in enumerate(written) if new]
            connection.executemany(APPEND, [row for n in fresh for row in logged[n]])
            write_facts(connection, [batch[n].fact for n in fresh], "")
            return written

        return await self._database.write(write)


def _insert(connection: sqlite3.Connection, sql: str, values: tuple[object, ...]) -> bool:
    try:
        connection.execute(sql, values)
    except sqlite3.IntegrityError:
        return False
    return True


def _pending(order: Order, tell: Collection[str]) -> list[PendingEvent]:
    if not tell:
        return []
    return [PendingEvent(event, {name: Delivery() for name in tell}) for event in order.raised]
