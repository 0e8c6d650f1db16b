"""The menu: what can be ordered, in which sizes, at which price. Prices come from here, never from a client."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.aggregate import AggregateRoot
from domain.errors import InvalidMenu, UnknownPizza, UnknownSize, UnknownTopping
from domain.order_state import OrderLine

MENU_ID = "menu"
MAX_ENTRIES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Pizza:
    """`prices` maps each size to its price in minor units."""

    id: str
    name: str
    prices: Mapping[str, int]
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topping:
    """`price` is for one pizza of any size, in minor units."""

    id: str
    name: str
    price: int


@dataclass(slots=True, kw_only=True)
class MenuState:
    currency: str
    pizzas: dict[str, Pizza] = field(default_factory=dict)
    toppings: dict[str, Topping] = field(default_factory=dict)


class Menu(AggregateRoot[MenuState]):
    """Mario's menu, one for the pizzeria."""

    @classmethod
    def restore(cls, menu_id: str, state: MenuState, version: int) -> "Menu":
        return cls(menu_id, state, version)

    def replace(self, currency: str, pizzas: list[Pizza], toppings: list[Topping]) -> None:
        """Put another menu in place. Orders keep the prices that they were placed at. Raises `InvalidMenu`."""
        _check(currency, pizzas, toppings)
        self.state = MenuState(
            currency=currency,
            pizzas={pizza.id: pizza for pizza in pizzas},
            toppings={topping.id: topping for topping in toppings},
        )

    def price_line(
        self, pizza_id: str, size: str, quantity: int, extra_toppings: tuple[str, ...], *, at: str
    ) -> OrderLine:
        """Price one line of an order; `at` is its JSON pointer.

        Raises `UnknownPizza`, `UnknownSize` or `UnknownTopping`, each naming what the menu has instead.
        """
        pizza = self.state.pizzas.get(pizza_id)
        if pizza is None:
            raise UnknownPizza(f"There is no pizza '{pizza_id}'. GET /api/menu lists them.", parameter=f"{at}/pizza")
        if size not in pizza.prices:
            sizes = ", ".join(pizza.prices)
            raise UnknownSize(f"{pizza.name} comes in {sizes}, not '{size}'.", parameter=f"{at}/size")
        extras = sum(self._topping_price(topping, index, at) for index, topping in enumerate(extra_toppings))
        return OrderLine(
            pizza=pizza_id,
            size=size,
            quantity=quantity,
            unit_price=pizza.prices[size] + extras,
            extra_toppings=extra_toppings,
        )

    def _topping_price(self, topping_id: str, index: int, at: str) -> int:
        topping = self.state.toppings.get(topping_id)
        if topping is None:
            raise UnknownTopping(
                f"There is no topping '{topping_id}'. GET /api/menu lists them.",
                parameter=f"{at}/extraToppings/{index}",
            )
        return topping.price


def _check(currency: str, pizzas: list[Pizza], toppings: list[Topping]) -> None:
    if len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        raise InvalidMenu("The currency is a three-letter code such as EUR.", parameter="/currency")
    for kind, entries in (("pizzas", pizzas), ("toppings", toppings)):
        ids = [entry.id for entry in entries]
        if len(ids) > MAX_ENTRIES:
            raise InvalidMenu(f"A menu has at most {MAX_ENTRIES} {kind}.", parameter=f"/{kind}")
        for index, entry_id in enumerate(ids):
            if entry_id in ids[:index]:
                raise InvalidMenu(f"'{entry_id}' is on the menu twice.", parameter=f"/{kind}/{index}/id")
    for index, pizza in enumerate(pizzas):
        if not pizza.prices or any(price <= 0 for price in pizza.prices.values()):
            raise InvalidMenu(
                "Every pizza has at least one size, every size a price above zero.", parameter=f"/pizzas/{index}/prices"
            )


def marios_menu() -> Menu:
    """The menu that a new pizzeria starts with."""
    menu = Menu(MENU_ID, MenuState(currency="USD"))
    menu.replace("USD", _MARIOS_PIZZAS, _MARIOS_TOPPINGS)
    return menu


def _pizza(pizza_id: str, name: str, small: int, description: str) -> Pizza:
    return Pizza(
        id=pizza_id,
        name=name,
        description=description,
        prices={"small": small, "medium": small + 300, "large": small + 600},
    )


_MARIOS_PIZZAS = [
    _pizza("margherita", "Margherita", 1099, "Tomato, mozzarella, basil"),
    _pizza("marinara", "Marinara", 999, "Tomato, garlic, oregano"),
    _pizza("pepperoni", "Pepperoni", 1299, "Tomato, mozzarella, pepperoni"),
    _pizza("quattro-formaggi", "Quattro Formaggi", 1399, "Mozzarella, gorgonzola, fontina, parmesan"),
    _pizza("diavola", "Diavola", 1349, "Tomato, mozzarella, spicy salami, chilli"),
    _pizza("vegetariana", "Vegetariana", 1249, "Tomato, mozzarella, grilled vegetables"),
]
_MARIOS_TOPPINGS = [
    Topping(id="mushrooms", name="Mushrooms", price=150),
    Topping(id="olives", name="Olives", price=120),
    Topping(id="extra-cheese", name="Extra cheese", price=200),
    Topping(id="pepperoni", name="Pepperoni", price=220),
    Topping(id="chilli", name="Chilli", price=80),
]
