"""The MongoDB store, whole: its parts, its indexes, its life."""

from collections.abc import Mapping

from pymongo import ASCENDING, IndexModel
from pymongo.uri_parser import parse_uri

from application.dispatch.outbox import Deliveries, Outbox
from domain.kitchen import Kitchen, KitchenState
from domain.menu import Menu, MenuState
from domain.order import Order
from domain.order_state import OrderState
from infrastructure.mongo.client import DEFAULT_DATABASE, Database, Driver, close_client, make_client
from infrastructure.mongo.clock import ServerClock
from infrastructure.mongo.coalescer import IDEMPOTENCY_KEY
from infrastructure.mongo.errors import store_errors
from infrastructure.mongo.event_log import MongoEventLog
from infrastructure.mongo.lease import Leases
from infrastructure.mongo.order_queries import MongoOrderQueries
from infrastructure.mongo.outbox import MongoOutbox
from infrastructure.mongo.repository import MongoRepository
from infrastructure.mongo.secrets import MongoSecretStore
from infrastructure.mongo.ticket_board import MongoTicketBoard
from infrastructure.observer import Observer

PING_SECONDS = 1.5
#: An index over many orders takes its time when it is made first.
INDEX_SECONDS = 600.0

_THERE = {"$exists": True}
#: Few, since each makes every insert dearer; partial, so that those of what waits stay small.
INDEXES = {
    "orders": [
        IndexModel(
            [("lane", ASCENDING), ("next_attempt_at", ASCENDING)],
            partialFilterExpression={"next_attempt_at": _THERE},
        ),
        IndexModel([("parked_at", ASCENDING)], partialFilterExpression={"parked_at": _THERE}),
        IndexModel([("state.status", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("state.customer.phone", ASCENDING), ("_id", ASCENDING)]),
        IndexModel(
            [(IDEMPOTENCY_KEY, ASCENDING)],
            unique=True,
            partialFilterExpression={IDEMPOTENCY_KEY: {"$type": "string"}},
        ),
    ],
    "events": [
        IndexModel([("event_id", ASCENDING)], unique=True),
        IndexModel([("aggregate_id", ASCENDING), ("aggregate_version", ASCENDING)]),
    ],
    "tickets": [IndexModel([("status", ASCENDING), ("confirmed_at", ASCENDING)])],
}


class MongoStore:
    """Implements `Store`. The database is the one that the URL's path names, or `pizzeria`."""

    name = "mongodb"

    def __init__(
        self, url: str, *, driver: Driver = "motor", lease_seconds: float = 10.0, observe: Observer = lambda *_: None
    ) -> None:
        self._client = make_client(url, driver, observe)
        self.database: Database = self._client[parse_uri(url)["database"] or DEFAULT_DATABASE]
        self._clock = ServerClock()
        orders, menus, kitchens = (self.database[name] for name in ("orders", "menus", "kitchens"))
        leases = {kind: Leases(kind, self._clock, lease_seconds) for kind in ("order", "menu", "kitchen")}
        self._order_leases = leases["order"]
        self.orders = MongoRepository(orders, Order.restore, OrderState, leases["order"])
        self.menus = MongoRepository(menus, Menu.restore, MenuState, leases["menu"])
        self.kitchens = MongoRepository(kitchens, Kitchen.restore, KitchenState, leases["kitchen"])
        self.order_queries = MongoOrderQueries(orders)
        self.event_log = MongoEventLog(self.database["events"])
        self.ticket_board = MongoTicketBoard(self.database["tickets"])
        self.secrets = MongoSecretStore(self.database["secrets"])
        self.outboxes: Mapping[str, Outbox] = {"order": MongoOutbox(orders, leases["order"])}

    def attach(self, deliveries: Deliveries) -> None:
        self._order_leases.deliveries = deliveries

    async def open(self) -> None:
        await self._clock.start(self._client)
        with store_errors(INDEX_SECONDS):
            for collection, indexes in INDEXES.items():
                await self.database[collection].create_indexes(indexes)

    async def close(self) -> None:
        for repository in (self.orders, self.menus, self.kitchens):
            await repository.inserts.drain()
        await self._clock.stop()
        await close_client(self._client)

    @property
    def clock_skew(self) -> float:
        return self._clock.exact_skew

    async def ping(self) -> None:
        with store_errors(PING_SECONDS):
            await self.database["secrets"].find_one({"_id": "ping"})  # a read: `ping` would not reach the disk
