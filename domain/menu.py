"""The menu: what can be ordered, in which sizes, at which price. Prices come from here, never from a client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from domain.aggregate import AggregateRoot
from domain.errors import (
    DuplicateId,
    InvalidMenu,
    NotAvailable,
    NotFound,
    StaleVersion,
    UnknownPizza,
    UnknownSize,
    UnknownTopping,
)
from domain.events import (
    MenuReplacedEvent,
    PizzaAddedToMenuEvent,
    PizzaChangedEvent,
    PizzaRetiredEvent,
    ToppingAddedToMenuEvent,
    ToppingChangedEvent,
    ToppingRetiredEvent,
)
from domain.order_state import OrderLine

MENU_ID = "menu"
MAX_ENTRIES = 500

V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pizza:
    """`prices` maps each size to its price in minor units. What is not `available` cannot be ordered for now."""

    id: str
    name: str
    prices: Mapping[str, int]
    description: str = ""
    available: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Topping:
    """`price` is for one pizza of any size, in minor units. What is not `available` cannot be ordered for now."""

    id: str
    name: str
    price: int
    available: bool = True


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

    def expect_version(self, expected: int | None) -> None:
        """Raise `StaleVersion` where the caller decided on another version than this one (None: any will do)."""
        if expected is not None and expected != self.version:
            raise StaleVersion(expected, self.version)

    def replace(self, currency: str, pizzas: list[Pizza], toppings: list[Topping], now: datetime) -> None:
        """Put another menu in place; where it is the same, nothing happens. Orders keep the prices that they were
        placed at. Raises `InvalidMenu`."""
        before, after = self.state, _state(currency, pizzas, toppings)
        if after == before and list(after.pizzas) == list(before.pizzas):
            return
        self.state = after
        pizzas_added, pizzas_changed, pizzas_retired = _difference(before.pizzas, after.pizzas)
        toppings_added, toppings_changed, toppings_retired = _difference(before.toppings, after.toppings)
        self._record(
            MenuReplacedEvent,
            now,
            currency=currency,
            pizzas_added=pizzas_added,
            pizzas_changed=pizzas_changed,
            pizzas_retired=pizzas_retired,
            toppings_added=toppings_added,
            toppings_changed=toppings_changed,
            toppings_retired=toppings_retired,
        )

    def add_pizza(self, pizza: Pizza, now: datetime) -> None:
        """Raises `DuplicateId`, `InvalidMenu`."""
        _check_room(self.state.pizzas, "pizzas", pizza.id)
        _check_prices(pizza, "/prices")
        self.state.pizzas = {**self.state.pizzas, pizza.id: pizza}
        self._record(PizzaAddedToMenuEvent, now, **_pizza_facts(pizza))

    def change_pizza(self, pizza: Pizza, now: datetime) -> None:
        """Put it in the place of the one with the same id. Raises `NotFound`, `InvalidMenu`."""
        before = _find(self.state.pizzas, "pizza", pizza.id)
        _check_prices(pizza, "/prices")
        if pizza != before:
            self.state.pizzas = {**self.state.pizzas, pizza.id: pizza}
            self._record(PizzaChangedEvent, now, **_pizza_facts(pizza), old_prices=dict(before.prices))

    def retire_pizza(self, pizza_id: str, now: datetime) -> None:
        """Raises `NotFound`."""
        pizza = _find(self.state.pizzas, "pizza", pizza_id)
        self.state.pizzas = {other: kept for other, kept in self.state.pizzas.items() if other != pizza_id}
        self._record(PizzaRetiredEvent, now, pizza_id=pizza_id, name=pizza.name)

    def add_topping(self, topping: Topping, now: datetime) -> None:
        """Raises `DuplicateId`, `InvalidMenu`."""
        _check_room(self.state.toppings, "toppings", topping.id)
        self.state.toppings = {**self.state.toppings, topping.id: topping}
        self._record(ToppingAddedToMenuEvent, now, **_topping_facts(topping))

    def change_topping(self, topping: Topping, now: datetime) -> None:
        """Put it in the place of the one with the same id. Raises `NotFound`."""
        before = _find(self.state.toppings, "topping", topping.id)
        if topping != before:
            self.state.toppings = {**self.state.toppings, topping.id: topping}
            self._record(ToppingChangedEvent, now, **_topping_facts(topping), old_price=before.price)

    def retire_topping(self, topping_id: str, now: datetime) -> None:
        """Raises `NotFound`."""
        topping = _find(self.state.toppings, "topping", topping_id)
        self.state.toppings = {other: kept for other, kept in self.state.toppings.items() if other != topping_id}
        self._record(ToppingRetiredEvent, now, topping_id=topping_id, name=topping.name)

    def price_line(
        self, pizza_id: str, size: str, quantity: int, extra_toppings: tuple[str, ...], *, at: str
    ) -> OrderLine:
        """Price one line of an order; `at` is its JSON pointer.

        Raises `UnknownPizza`, `UnknownSize` or `UnknownTopping`, each naming what the menu has instead, and
        `NotAvailable`.
        """
        pizza = self.state.pizzas.get(pizza_id)
        if pizza is None:
            raise UnknownPizza(f"There is no pizza '{pizza_id}'. GET /api/menu lists them.", parameter=f"{at}/pizza")
        if size not in pizza.prices:
            sizes = ", ".join(pizza.prices)
            raise UnknownSize(f"{pizza.name} comes in {sizes}, not '{size}'.", parameter=f"{at}/size")
        if not pizza.available:
            raise NotAvailable(f"{pizza.name} is not available now. Take another one.", parameter=f"{at}/pizza")
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
        if not topping.available:
            raise NotAvailable(
                f"{topping.name} is not available now. Leave it out.", parameter=f"{at}/extraToppings/{index}"
            )
        return topping.price


def _find(entries: Mapping[str, V], kind: str, entry_id: str) -> V:
    entry = entries.get(entry_id)
    if entry is None:
        raise NotFound(f"There is no {kind} '{entry_id}'. GET /api/menu lists them.")
    return entry


def _check_room(entries: Mapping[str, object], kind: str, entry_id: str) -> None:
    if entry_id in entries:
        raise DuplicateId(f"'{entry_id}' is on the menu already. PUT changes it.", parameter="/id")
    if len(entries) >= MAX_ENTRIES:
        raise InvalidMenu(f"A menu has at most {MAX_ENTRIES} {kind}.")


def _check_prices(pizza: Pizza, at: str) -> None:
    if not pizza.prices or any(price <= 0 for price in pizza.prices.values()):
        raise InvalidMenu("Every pizza has at least one size, every size a price above zero.", parameter=at)


def _pizza_facts(pizza: Pizza) -> dict[str, Any]:
    return {
        "pizza_id": pizza.id,
        "name": pizza.name,
        "description": pizza.description,
        "prices": dict(pizza.prices),
        "available": pizza.available,
    }


def _topping_facts(topping: Topping) -> dict[str, Any]:
    return {
        "topping_id": topping.id,
        "name": topping.name,
        "price": topping.price,
        "available": topping.available,
    }


def _difference(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The ids of what came, what changed and what went."""
    came = tuple(entry for entry in after if entry not in before)
    changed = tuple(entry for entry in after if entry in before and after[entry] != before[entry])
    return came, changed, tuple(entry for entry in before if entry not in after)


def _state(currency: str, pizzas: list[Pizza], toppings: list[Topping]) -> MenuState:
    _check(currency, pizzas, toppings)
    return MenuState(
        currency=currency,
        pizzas={pizza.id: pizza for pizza in pizzas},
        toppings={topping.id: topping for topping in toppings},
    )


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
        _check_prices(pizza, f"/pizzas/{index}/prices")


def marios_menu() -> Menu:
    """The menu that a new pizzeria starts with."""
    return Menu(MENU_ID, _state("USD", _MARIOS_PIZZAS, _MARIOS_TOPPINGS))


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
