"""Puts the service together: the only module that sees every layer. No HTTP in it, so that a script can use it too:

async with running(load_settings()) as service:
    order = await service.mediator.execute(PlaceOrderCommand(...))
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

import application.events
from app.event_feed import EventFeed
from app.handlers import register_handlers
from app.notifications import Notifications, make_notifications
from app.order_tokens import OrderTokens
from app.parts import Parts, make_parts
from app.settings import Settings
from application.analytics.keeper import RollUpKeeper
from application.background import end, run_forever
from application.behaviours import observe, retry_conflicts
from application.customers.desk import CustomerDesk
from application.customers.eraser import CustomerEraser
from application.customers.ids import CustomerIds
from application.dispatch.courtesy import Courtesy
from application.dispatch.dispatcher import Dispatcher
from application.dispatch.relay import Relay
from application.dispatch.retry import RetryPolicy
from application.events.discovery import discover_handlers
from application.events.payment import ConfirmBy
from application.health import HealthMonitor
from application.kitchen.desk import KitchenDesk
from application.mediator import Mediator
from application.ports import CloudEventPublisher, EventLog, KitchenDisplay, OrderQueries, SecretStore, TicketBoard
from application.ports.analytics import OrderFacts
from application.ports.customers import CustomerDirectory
from application.ports.driver_positions import DriverPositions
from application.ports.loyalty import PointsLedger
from application.ports.notifications import MailGateway, MessageComposer, NotificationLog, SmsGateway
from application.stock.desk import StockDesk
from application.stock.keeper import StockKeeper
from application.stock.opening import OpeningStock
from application.store import Store
from application.telemetry import Telemetry
from application.tour_desk import TourDesk
from domain.aggregate import AggregateRoot
from domain.errors import DuplicateId, StoreUnavailable
from domain.inventory import RECIPE_BOOK_ID, RecipeBook, RecipeBookState
from domain.kitchen import KITCHEN_ID, Kitchen, KitchenState
from domain.menu import marios_menu
from domain.repositories import Repository
from infrastructure.cloudevents.mapping import EventMapping
from infrastructure.cloudevents.publisher import HttpCloudEventPublisher
from infrastructure.metrics import Metrics
from infrastructure.observer import Observer
from infrastructure.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from infrastructure.kitchen_display import HttpKitchenDisplay

#: How long a start waits for the store, in seconds.
STORE_PATIENCE = 60.0
#: How long a stop waits for handlers that run, in seconds.
STOP_GRACE = 3.0

A = TypeVar("A", bound=AggregateRoot[Any])

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Service:
    """The whole service. Use `mediator` between `start` and `stop`."""

    settings: Settings
    mediator: Mediator
    store: Store
    dispatcher: Dispatcher
    relay: Relay
    health: HealthMonitor
    stock_keeper: StockKeeper
    metrics: Metrics
    feed: EventFeed
    roll_ups: RollUpKeeper
    publisher: HttpCloudEventPublisher | None
    display: "HttpKitchenDisplay | None"
    notifications: Notifications
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    order_tokens: OrderTokens = field(default_factory=lambda: OrderTokens(secrets.token_bytes(32)))

    async def start(self) -> None:
        """Open the store, lay out what a new pizzeria needs, and begin to deliver.

        Raises `StoreUnavailable` where the store stays away for `STORE_PATIENCE` seconds.
        """
        await _open(self.store)
        await _add_if_absent(self.store)
        self.order_tokens = OrderTokens(await self.store.secrets.get_or_create("order", secrets.token_bytes(32)))
        if self.publisher:
            await self.publisher.open()
        self.store.attach(self.dispatcher)
        self.dispatcher.start()
        self.relay.start()
        self.health.start()
        self.stock_keeper.start()
        self.tasks.append(run_forever("roll-ups", self.roll_ups.run))

    async def stop(self) -> None:
        """End streams, let running handlers finish, hand back what they do not, and let go of everything."""
        self.feed.close()
        await self.stock_keeper.stop()
        await end(self.tasks)
        await self.health.stop()
        await self.relay.stop()
        await self.dispatcher.stop(STOP_GRACE)
        if self.publisher:
            await self.publisher.close()
        if self.display:
            await self.display.close()
        await self.notifications.close()
        await self.store.close()


def build_service(settings: Settings) -> Service:
    """Wire the service by its settings. Opens nothing yet; call it where its event loop runs.

    Raises ValueError where the CloudEvents settings cannot work.
    """
    metrics = Metrics()
    store = build_store(settings, metrics.store_operation)
    publisher = _publisher(settings, metrics)
    display = _kitchen_display(settings)
    courtesy = Courtesy()
    mediator = Mediator([observe(metrics), courtesy.around, retry_conflicts])
    parts = make_parts(settings, store, mediator, metrics.orders)
    notifications = make_notifications(settings)
    ports: dict[Any, object | None] = {
        EventLog: store.event_log,
        TicketBoard: store.ticket_board,
        DriverPositions: store.driver_positions,
        OrderQueries: store.order_queries,
        PointsLedger: store.points,
        CustomerIds: parts.customer_ids,
        CustomerDesk: parts.customer_desk,
        CustomerEraser: parts.customer_eraser,
        CustomerDirectory: parts.customer_directory,
        OrderFacts: store.order_facts,
        SecretStore: store.secrets,
        KitchenDesk: parts.kitchen_desk,
        TourDesk: parts.tour_desk,
        KitchenDisplay: display,
        CloudEventPublisher: publisher,
        Mediator: parts.mediator,
        ConfirmBy: None if settings.confirm == "manual" else ConfirmBy(settings.confirm),
        Telemetry: metrics,
        NotificationLog: store.notifications,
        MessageComposer: notifications.composer,
        SmsGateway: notifications.sms,
        MailGateway: notifications.mail,
        StockDesk: parts.stock,
        OpeningStock: _opening_stock(parts),
    }
    dispatcher = Dispatcher(
        discover_handlers(application.events, ports),
        store.outboxes,
        retry=RetryPolicy(settings.retry_base_seconds, settings.retry_cap_seconds, settings.retry_attempts),
        lease_seconds=settings.lease_seconds,
        telemetry=metrics,
        courtesy=courtesy,
    )
    register_handlers(parts, dispatcher)
    relay = Relay(dispatcher, store.outboxes)
    return Service(
        settings=settings,
        mediator=parts.mediator,
        store=store,
        dispatcher=dispatcher,
        relay=relay,
        health=HealthMonitor(store, relay, metrics.leases_lost_lately, settings.backlog_max_age_seconds),
        stock_keeper=StockKeeper(store, parts.stock),
        metrics=metrics,
        feed=EventFeed(store.event_log),
        roll_ups=parts.roll_ups,
        publisher=publisher,
        display=display,
        notifications=notifications,
    )


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Service]:
    """The service, started, and stopped at the end."""
    service = build_service(settings)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()


def build_store(settings: Settings, observe: Observer) -> Store:
    """The store that the database URL names; it tells `observe` how long its operations take, in seconds."""
    if path := settings.sqlite_path:
        return SqliteStore(path, lease_seconds=settings.lease_seconds, observe=observe)
    # Only who uses MongoDB pays for its driver: 40 MB and a third of a second.
    from infrastructure.mongo.store import MongoStore  # noqa: PLC0415

    return MongoStore(
        settings.database_url,
        driver=settings.mongo_driver,
        lease_seconds=settings.lease_seconds,
        observe=observe,
    )


def _kitchen_display(settings: Settings) -> "HttpKitchenDisplay | None":
    if not settings.kitchen_display_url:
        return None
    # Only who has a display pays for its client: a tenth of the time that the service takes to start.
    import httpx  # noqa: PLC0415

    from infrastructure.kitchen_display import HttpKitchenDisplay  # noqa: PLC0415

    return HttpKitchenDisplay(
        settings.kitchen_display_url,
        httpx.AsyncClient(timeout=None),  # noqa: S113 (the display has one for the whole call)
        timeout=settings.kitchen_display_timeout_seconds,
    )


def _opening_stock(parts: Parts) -> OpeningStock | None:
    store, portions = parts.store, parts.settings.opening_portions
    if not portions:
        return None
    return OpeningStock(parts.stock, store.ingredients, store.recipe_books, parts.recipes, portions)


def _publisher(settings: Settings, metrics: Metrics) -> HttpCloudEventPublisher | None:
    if not settings.cloudevents_sink:
        return None
    mapping = EventMapping(
        source=settings.cloudevents_source,
        type_prefix=settings.cloudevents_type_prefix,
        public_url=settings.public_url or f"http://{settings.host}:{settings.port}",
        extensions=settings.cloudevents_extensions,
    )
    return HttpCloudEventPublisher(
        settings.cloudevents_sink,
        mapping,
        mode=settings.cloudevents_mode,
        observe=metrics.sink_request,
        timeout=settings.cloudevents_timeout_seconds,
    )


async def _open(store: Store) -> None:
    deadline = asyncio.get_running_loop().time() + STORE_PATIENCE
    while True:
        try:
            await store.open()
            return
        except StoreUnavailable as failure:
            if asyncio.get_running_loop().time() > deadline:
                raise
            log.warning("waiting_for_store", store=store.name, error=str(failure.__cause__ or failure))
            await asyncio.sleep(1)


async def _add_if_absent(store: Store) -> None:
    await _seed(store.menus, marios_menu())
    await _seed(store.kitchens, Kitchen(KITCHEN_ID, KitchenState()))
    await _seed(store.recipe_books, RecipeBook(RECIPE_BOOK_ID, RecipeBookState()))


async def _seed(repository: Repository[A], first: A) -> None:
    if await repository.find(first.id) is None:
        try:
            await repository.add(first)
        except DuplicateId:
            log.debug("seeded_by_another", what=first.id)
