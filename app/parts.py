"""What handlers of commands, queries and events are built from: one of each in a process."""

from dataclasses import dataclass
from datetime import timedelta

from app.settings import Settings
from application.commands.change_order import OrderChanger
from application.kitchen_desk import KitchenDesk
from application.kitchen_load import KitchenLoad
from application.mediator import Mediator
from application.menu_card import MenuCard
from application.stock_desk import RecipeCard, StockDesk
from application.store import Store


@dataclass(frozen=True, slots=True)
class Parts:
    """`mediator` has no handlers yet while the other parts are made."""

    settings: Settings
    store: Store
    mediator: Mediator
    menu: MenuCard
    orders: OrderChanger
    kitchen_desk: KitchenDesk
    kitchen_load: KitchenLoad
    recipes: RecipeCard
    stock: StockDesk


def make_parts(settings: Settings, store: Store, mediator: Mediator) -> Parts:
    cooking_time = timedelta(minutes=settings.cooking_minutes)
    recipes = RecipeCard(store.recipe_books)
    return Parts(
        settings=settings,
        store=store,
        mediator=mediator,
        menu=MenuCard(store.menus),
        orders=OrderChanger(store.orders),
        kitchen_desk=KitchenDesk(store.kitchens, store.orders, settings.kitchen_capacity),
        kitchen_load=KitchenLoad(store.order_queries, settings.kitchen_capacity, cooking_time),
        recipes=recipes,
        stock=StockDesk(store.stock_room, recipes, store.order_queries),
    )
