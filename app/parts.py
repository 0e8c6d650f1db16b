"""What handlers of commands, queries and events are built from: one of each in a process."""

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from app.settings import Settings
from application.analytics.calendar import Calendar
from application.analytics.keeper import RollUpKeeper
from application.commands.change_order import OrderChanger
from application.kitchen_desk import KitchenDesk
from application.kitchen_load import KitchenLoad
from application.mediator import Mediator
from application.menu_card import MenuCard
from application.store import Store
from application.telemetry import OrderTelemetry


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
    roll_ups: RollUpKeeper


def make_parts(settings: Settings, store: Store, mediator: Mediator, telemetry: OrderTelemetry) -> Parts:
    cooking_time = timedelta(minutes=settings.cooking_minutes)
    return Parts(
        settings=settings,
        store=store,
        mediator=mediator,
        menu=MenuCard(store.menus),
        orders=OrderChanger(store.orders, telemetry),
        order_telemetry=telemetry,
        kitchen_desk=KitchenDesk(store.kitchens, store.orders, settings.kitchen_capacity),
        kitchen_load=KitchenLoad(store.order_queries, settings.kitchen_capacity, cooking_time),
        roll_ups=make_keeper(settings, store),
    )


def make_keeper(settings: Settings, store: Store) -> RollUpKeeper:
    calendar = Calendar(ZoneInfo(settings.time_zone), settings.time_zone)
    return RollUpKeeper(store.order_facts, store.roll_ups, calendar)
