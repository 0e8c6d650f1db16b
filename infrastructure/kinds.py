"""The kinds of aggregates that stores keep: a line here, and a table in SQLite's migrations, make a new one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from domain.aggregate import AggregateRoot
from domain.customer import CustomerProfile, CustomerState
from domain.driver import Driver, DriverState
from domain.incoming import Incoming, IncomingState
from domain.inventory import Ingredient, IngredientState, RecipeBook, RecipeBookState
from domain.kitchen import Kitchen, KitchenState
from domain.menu import Menu, MenuState
from domain.order import Order
from domain.order_state import OrderState

A = TypeVar("A", bound=AggregateRoot[Any])


@dataclass(frozen=True, slots=True)
class Kind(Generic[A]):
    """`name` is what its events call it (`aggregate_type`), `home` the table or collection that keeps it; `restore`
    rebuilds one from its id, state and version. One that raises no events has no outbox."""

    name: str
    home: str
    state: type[Any]
    restore: Callable[[str, Any, int], A]
    raises_events: bool = True


ORDERS = Kind("order", "orders", OrderState, Order.restore)
MENUS = Kind("menu", "menus", MenuState, Menu.restore)
KITCHENS = Kind("kitchen", "kitchens", KitchenState, Kitchen.restore, raises_events=False)
DRIVERS = Kind("driver", "drivers", DriverState, Driver.restore)
INCOMING = Kind("incoming", "incoming", IncomingState, Incoming.restore)
CUSTOMERS = Kind("customer", "customers", CustomerState, CustomerProfile.restore)
INGREDIENTS = Kind("ingredient", "ingredients", IngredientState, Ingredient.restore)
RECIPE_BOOKS = Kind("recipe_book", "recipe_books", RecipeBookState, RecipeBook.restore)

#: What comes in first: a backup on MongoDB copies kind by kind, and what was reported must be in it, still to be
#: handled, where the order that it changes is in it unchanged. The other way round, the order knows the repeat.
KINDS: tuple[Kind[Any], ...] = (
    INCOMING,
    ORDERS,
    MENUS,
    KITCHENS,
    DRIVERS,
    CUSTOMERS,
    INGREDIENTS,
    RECIPE_BOOKS,
)
