"""What handlers of commands, queries and events are built from: one of each in a process."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from app.settings import Settings
from application.analytics.calendar import Calendar
from application.analytics.keeper import RollUpKeeper
from application.commands.change_order import OrderChanger
from application.commands.hand_over_order import DispatchOrderCommandHandler
from application.customers.desk import CustomerDesk
from application.customers.directory import ProfileDirectory
from application.customers.eraser import CustomerEraser
from application.customers.ids import CustomerIds
from application.kitchen.desk import KitchenDesk
from application.kitchen.load import KitchenLoad
from application.loyalty_desk import LoyaltyDesk
from application.mediator import Mediator
from application.menu_card import MenuCard
from application.stock.desk import RecipeCard, StockDesk
from application.store import Store
from application.telemetry import OrderTelemetry
from application.tour_desk import TourDesk


@dataclass(frozen=True, slots=True)
class Parts:
    """`mediator` has no handlers yet while the other parts are made."""

    settings: Settings
    store: Store
    mediator: Mediator
    menu: MenuCard
    orders: OrderChanger
    order_telemetry: OrderTelemetry
    kitchen_desk: KitchenDesk
    kitchen_load: KitchenLoad
    tour_desk: TourDesk
    customer_ids: CustomerIds
    customer_desk: CustomerDesk
    customer_eraser: CustomerEraser
    customer_directory: ProfileDirectory
    loyalty_desk: LoyaltyDesk
    recipes: RecipeCard
    stock: StockDesk
    roll_ups: RollUpKeeper


def make_parts(settings: Settings, store: Store, mediator: Mediator, telemetry: OrderTelemetry) -> Parts:
    queries, ids = store.order_queries, CustomerIds(store.secrets)
    cooking_time = timedelta(minutes=settings.cooking_minutes)
    orders = OrderChanger(store.orders, telemetry)
    recipes = RecipeCard(store.recipe_books)
    return Parts(
        settings=settings,
        store=store,
        mediator=mediator,
        menu=MenuCard(store.menus),
        orders=orders,
        order_telemetry=telemetry,
        kitchen_desk=KitchenDesk(store.kitchens, store.orders, settings.kitchen_capacity),
        tour_desk=TourDesk(store.drivers, store.orders, DispatchOrderCommandHandler(orders)),
        kitchen_load=KitchenLoad(queries, settings.kitchen_capacity, cooking_time),
        customer_ids=ids,
        customer_desk=CustomerDesk(store.customers, queries, ids),
        customer_eraser=CustomerEraser(store.customers, store.orders, queries, store.event_log, store.outboxes),
        customer_directory=ProfileDirectory(store.customers, ids),
        loyalty_desk=LoyaltyDesk(
            customers=store.customers,
            orders=store.orders,
            queries=queries,
            ledger=store.points,
            ids=ids,
            point_value=settings.point_value,
        ),
        recipes=recipes,
        stock=StockDesk(store.stock_room, recipes, store.order_queries),
        roll_ups=make_keeper(settings, store),
    )


def make_keeper(settings: Settings, store: Store) -> RollUpKeeper:
    calendar = Calendar(ZoneInfo(settings.time_zone), settings.time_zone)
    return RollUpKeeper(store.order_facts, store.roll_ups, calendar)
