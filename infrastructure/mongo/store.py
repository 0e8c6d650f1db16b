"""The MongoDB store, whole: its parts, its indexes, its life."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pymongo.uri_parser import parse_uri

from application.dispatch.outbox import Deliveries, Outbox
from domain.aggregate import AggregateRoot
from infrastructure.kinds import (
    CUSTOMERS,
    DRIVERS,
    INCOMING,
    INGREDIENTS,
    KINDS,
    KITCHENS,
    MENUS,
    ORDERS,
    RECIPE_BOOKS,
    Kind,
)
from infrastructure.mongo.client import DEFAULT_DATABASE, Database, Driver, close_client, make_client
from infrastructure.mongo.clock import ServerClock
from infrastructure.mongo.coalescer import InsertCoalescer
from infrastructure.mongo.driver_positions import MongoDriverPositions
from infrastructure.mongo.driver_queries import MongoDriverQueries
from infrastructure.mongo.errors import store_errors
from infrastructure.mongo.event_log import MongoEventLog
from infrastructure.mongo.indexes import INDEXES
from infrastructure.mongo.lease import Leases
from infrastructure.mongo.notifications import MongoNotificationLog
from infrastructure.mongo.order_facts import MongoOrderFacts
from infrastructure.mongo.order_history import MongoOrderHistory
from infrastructure.mongo.order_queries import MongoOrderQueries
from infrastructure.mongo.outbox import MongoOutbox
from infrastructure.mongo.pantry import MongoPantry
from infrastructure.mongo.points_ledger import MongoPointsLedger
from infrastructure.mongo.repository import MongoRepository
from infrastructure.mongo.roll_ups import MongoRollUps
from infrastructure.mongo.secrets import MongoSecretStore
from infrastructure.mongo.stock_room import MongoStockRoom
from infrastructure.mongo.ticket_board import MongoTicketBoard
from infrastructure.observer import Observer

A = TypeVar("A", bound=AggregateRoot[Any])

PING_SECONDS = 1.5
#: An index over many orders takes its time when it is made first.
INDEX_SECONDS = 600.0


class MongoStore:
    """Implements `Store`. The database is the one that the URL's path names, or `pizzeria`."""

    name = "mongodb"

    def __init__(
        self, url: str, *, driver: Driver = "motor", lease_seconds: float = 10.0, observe: Observer = lambda *_: None
    ) -> None:
        self._client = make_client(url, driver, observe)
        self.database: Database = self._client[parse_uri(url)["database"] or DEFAULT_DATABASE]
        self._clock = ServerClock()
        self._inserts: list[InsertCoalescer] = []
        self._leases = {kind.name: Leases(kind.name, self._clock, lease_seconds) for kind in KINDS}
        self.orders = self._repository(ORDERS)
        self.menus = self._repository(MENUS)
        self.kitchens = self._repository(KITCHENS)
        self.drivers = self._repository(DRIVERS)
        self.inbox = self._repository(INCOMING)
        self.customers = self._repository(CUSTOMERS)
        self.ingredients = self._repository(INGREDIENTS)
        self.recipe_books = self._repository(RECIPE_BOOKS)
        self.order_queries = MongoOrderQueries(self.database[ORDERS.home])
        self.driver_queries = MongoDriverQueries(self.database[DRIVERS.home])
        self.event_log = MongoEventLog(self.database["events"])
        self.ticket_board = MongoTicketBoard(self.database["tickets"])
        self.driver_positions = MongoDriverPositions(self.database["driver_positions"])
        self.notifications = MongoNotificationLog(self.database["notifications"])
        self.points = MongoPointsLedger(self.database["points_movements"])
        self.stock_room = MongoStockRoom(self.database["stock"], self.database["stock_movements"])
        self.pantry = MongoPantry(self.database[INGREDIENTS.home])
        self.order_facts = MongoOrderFacts(self.database["order_facts"], self.database["fact_marks"])
        self.roll_ups = MongoRollUps(self.database["roll_ups"], self.database["fact_marks"])
        self.secrets = MongoSecretStore(self.database["secrets"])
        self.outboxes: Mapping[str, Outbox] = {
            kind.name: MongoOutbox(self.database[kind.home], self._leases[kind.name])
            for kind in KINDS
            if kind.raises_events
        }
        self.order_history = MongoOrderHistory(
            self.database[ORDERS.home],
            inserts=self.orders.inserts,
            leases=self._leases[ORDERS.name],
            outbox=self.outboxes[ORDERS.name],
            log=self.event_log,
            facts=self.order_facts,
        )

    def _repository(self, kind: Kind[A]) -> MongoRepository[A]:
        repository = MongoRepository(self.database[kind.home], kind.restore, kind.state, self._leases[kind.name])
        self._inserts.append(repository.inserts)
        return repository

    def attach(self, deliveries: Deliveries) -> None:
        for leases in self._leases.values():
            leases.deliveries = deliveries

    async def open(self) -> None:
        await self._clock.start(self._client)
        with store_errors(INDEX_SECONDS):
            for collection, indexes in INDEXES.items():
                await self.database[collection].create_indexes(indexes)

    async def close(self) -> None:
        for inserts in self._inserts:
            await inserts.drain()
        await self.stock_room.close()
        await self._clock.stop()
        await close_client(self._client)

    @property
    def clock_skew(self) -> float:
        return self._clock.exact_skew

    async def ping(self) -> None:
        with store_errors(PING_SECONDS):
            await self.database["secrets"].find_one({"_id": "ping"})  # a read: `ping` would not reach the disk
