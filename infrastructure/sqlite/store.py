"""The SQLite store, whole."""

import sqlite3
from pathlib import Path

from application.dispatch.outbox import Deliveries
from domain.order_state import OrderState
from infrastructure.kinds import CUSTOMERS, DRIVERS, INCOMING, INGREDIENTS, KINDS, KITCHENS, MENUS, ORDERS, RECIPE_BOOKS
from infrastructure.observer import Observer
from infrastructure.sqlite.clock import FileClock
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.driver_positions import SqliteDriverPositions
from infrastructure.sqlite.driver_queries import SqliteDriverQueries
from infrastructure.sqlite.event_log import SqliteEventLog
from infrastructure.sqlite.notifications import SqliteNotificationLog
from infrastructure.sqlite.order_facts import SqliteOrderFacts
from infrastructure.sqlite.order_history import SqliteOrderHistory
from infrastructure.sqlite.order_queries import SqliteOrderQueries
from infrastructure.sqlite.outbox import SqliteOutbox
from infrastructure.sqlite.pantry import SqlitePantry
from infrastructure.sqlite.points_ledger import SqlitePointsLedger
from infrastructure.sqlite.repository import DeliveryDesk, SqliteRepository
from infrastructure.sqlite.roll_ups import SqliteRollUps
from infrastructure.sqlite.secrets import SqliteSecretStore
from infrastructure.sqlite.stock_room import SqliteStockRoom
from infrastructure.sqlite.ticket_board import SqliteTicketBoard


def _order_columns(state: OrderState) -> dict[str, object]:
    return {
        "status": state.status,
        "customer_phone": state.customer.phone,
        "idempotency_key": state.idempotency_key,
    }


def _write_version(connection: sqlite3.Connection) -> None:
    """Write a page as it is. An empty commit writes none, and an update to the same value may not either."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    connection.execute(f"PRAGMA user_version = {version}")


class SqliteStore:
    """Implements `application.store.Store` on one file."""

    name = "sqlite"
    #: It has no clock but this machine's.
    clock_skew = 0.0

    def __init__(
        self,
        path: Path,
        *,
        lease_seconds: float = 10.0,
        observe: Observer = lambda *_: None,
        clock: FileClock | None = None,
    ) -> None:
        self._database = Database(path, observe)
        self._clock = clock or FileClock()
        self._desk = DeliveryDesk(lease_seconds, self._clock)
        self.orders = SqliteRepository(self._database, ORDERS, self._desk, _order_columns)
        self.menus = SqliteRepository(self._database, MENUS, self._desk)
        self.kitchens = SqliteRepository(self._database, KITCHENS, self._desk)
        self.drivers = SqliteRepository(self._database, DRIVERS, self._desk)
        self.inbox = SqliteRepository(self._database, INCOMING, self._desk)
        self.customers = SqliteRepository(self._database, CUSTOMERS, self._desk)
        self.ingredients = SqliteRepository(self._database, INGREDIENTS, self._desk)
        self.recipe_books = SqliteRepository(self._database, RECIPE_BOOKS, self._desk)
        self.order_queries = SqliteOrderQueries(self._database)
        self.driver_queries = SqliteDriverQueries(self._database)
        self.event_log = SqliteEventLog(self._database)
        self.ticket_board = SqliteTicketBoard(self._database)
        self.driver_positions = SqliteDriverPositions(self._database)
        self.notifications = SqliteNotificationLog(self._database)
        self.points = SqlitePointsLedger(self._database)
        self.stock_room = SqliteStockRoom(self._database)
        self.pantry = SqlitePantry(self._database)
        self.order_facts = SqliteOrderFacts(self._database)
        self.order_history = SqliteOrderHistory(self._database, self.orders)
        self.roll_ups = SqliteRollUps(self._database)
        self.secrets = SqliteSecretStore(self._database)
        self.outboxes = {
            kind.name: SqliteOutbox(self._database, kind.home, kind.name, lease_seconds, self._clock)
            for kind in KINDS
            if kind.raises_events
        }

    def attach(self, deliveries: Deliveries) -> None:
        self._desk.deliveries = deliveries

    async def open(self) -> None:
        await self._database.open()
        await self._database.write(self._clock.set)

    async def close(self) -> None:
        await self._database.close()

    async def ping(self) -> None:
        """A write that changes nothing: it fails where the disk is full or the file is locked."""
        await self._database.write(_write_version)
