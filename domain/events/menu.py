"""What can happen to the menu. Prices are in minor units of its currency, by size."""

from dataclasses import dataclass
from typing import ClassVar

from domain.events.base import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuEvent(DomainEvent):
    """A fact about the menu."""

    aggregate_type: ClassVar[str] = "menu"


@dataclass(frozen=True, slots=True, kw_only=True)
class PizzaAddedToMenuEvent(MenuEvent):
    pizza_id: str
    name: str
    description: str
    prices: dict[str, int]
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PizzaChangedEvent(MenuEvent):
    """The pizza as it is from now on; `old_prices` is what it cost before."""

    pizza_id: str
    name: str
    description: str
    prices: dict[str, int]
    old_prices: dict[str, int]
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PizzaRetiredEvent(MenuEvent):
    pizza_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToppingAddedToMenuEvent(MenuEvent):
    topping_id: str
    name: str
    price: int
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToppingChangedEvent(MenuEvent):
    """The topping as it is from now on; `old_price` is what it cost before."""

    topping_id: str
    name: str
    price: int
    old_price: int
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToppingRetiredEvent(MenuEvent):
    topping_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuReplacedEvent(MenuEvent):
    """Another menu took its place, all at once: the ids of what came, changed and went."""

    currency: str
    pizzas_added: tuple[str, ...]
    pizzas_changed: tuple[str, ...]
    pizzas_retired: tuple[str, ...]
    toppings_added: tuple[str, ...]
    toppings_changed: tuple[str, ...]
    toppings_retired: tuple[str, ...]
