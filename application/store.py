"""A store, whole: everything that the application keeps, behind one door per part."""

from collections.abc import Mapping
from typing import Protocol

from application.dispatch.outbox import Deliveries, Outbox
from application.ports import EventLog, OrderQueries, SecretStore, TicketBoard
from application.ports.analytics import OrderFacts, RollUps
from application.ports.driver_positions import DriverPositions
from application.ports.drivers import DriverQueries
from application.ports.history import OrderHistory
from application.ports.loyalty import PointsLedger
from application.ports.notifications import NotificationLog
from application.ports.stock import Pantry, StockRoom
from domain.customer import CustomerProfile
from domain.driver import Driver
from domain.incoming import Incoming
from domain.inventory import Ingredient, RecipeBook
from domain.kitchen import Kitchen
from domain.menu import Menu
from domain.order import Order
from domain.repositories import Repository


class Store(Protocol):
    """Every store has these parts, and every part passes the contract tests."""

    @property
    def name(self) -> str:
        """For people: `sqlite`, `mongodb`."""
        ...

    @property
    def orders(self) -> Repository[Order]: ...
    @property
    def menus(self) -> Repository[Menu]: ...
    @property
    def kitchens(self) -> Repository[Kitchen]: ...
    @property
    def drivers(self) -> Repository[Driver]: ...
    @property
    def inbox(self) -> Repository[Incoming]: ...
    @property
    def customers(self) -> Repository[CustomerProfile]: ...
    @property
    def ingredients(self) -> Repository[Ingredient]: ...
    @property
    def recipe_books(self) -> Repository[RecipeBook]: ...
    @property
    def order_queries(self) -> OrderQueries: ...
    @property
    def driver_queries(self) -> DriverQueries: ...
    @property
    def event_log(self) -> EventLog: ...
    @property
    def ticket_board(self) -> TicketBoard: ...
    @property
    def driver_positions(self) -> DriverPositions: ...
    @property
    def notifications(self) -> NotificationLog: ...
    @property
    def points(self) -> PointsLedger: ...
    @property
    def stock_room(self) -> StockRoom: ...
    @property
    def pantry(self) -> Pantry: ...
    @property
    def order_facts(self) -> OrderFacts: ...
    @property
    def order_history(self) -> OrderHistory: ...
    @property
    def roll_ups(self) -> RollUps: ...
    @property
    def secrets(self) -> SecretStore: ...
    @property
    def outboxes(self) -> Mapping[str, Outbox]:
        """One per kind of aggregate that raises events; the key is the events' `aggregate_type`."""
        ...

    def attach(self, deliveries: Deliveries) -> None:
        """From now on, saves take the lease of what they write and hand their events over. Before, and without, what is
        saved is due at once, for whichever process sweeps the store."""
        ...

    async def open(self) -> None:
        """Connect, make schema and indexes. Raises `StoreUnavailable`."""
        ...

    async def close(self) -> None:
        """Write what is queued and let go."""
        ...

    @property
    def clock_skew(self) -> float:
        """How far the store's clock is ahead of this machine's, in seconds."""
        ...

    async def ping(self) -> None:
        """Raises `StoreUnavailable` where the store does not answer within 2 seconds."""
        ...
