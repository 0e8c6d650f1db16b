"""What can happen to ingredients and recipes. Amounts are whole units of the ingredient."""

from dataclasses import dataclass
from typing import ClassVar

from domain.events.base import DomainEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class IngredientEvent(DomainEvent):
    """A fact about an ingredient; `ingredient` is the id that recipes and the stock room call it by."""

    aggregate_type: ClassVar[str] = "ingredient"

    ingredient: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngredientAddedEvent(IngredientEvent):
    unit: str
    low_mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IngredientChangedEvent(IngredientEvent):
    unit: str
    low_mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRunningLowEvent(IngredientEvent):
    """No more than the low mark is available. Told once, and again only after there was more."""

    unit: str
    available: int
    low_mark: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IngredientSoldOutEvent(IngredientEvent):
    """Nothing is available any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngredientBackInStockEvent(IngredientEvent):
    """Something is available again."""

    unit: str
    available: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeBookEvent(DomainEvent):
    """A fact about the book of recipes."""

    aggregate_type: ClassVar[str] = "recipe_book"

    pizza_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeChangedEvent(RecipeBookEvent):
    """A recipe was written, or written anew: amounts by ingredient, for each size and each extra topping."""

    sizes: dict[str, dict[str, int]]
    toppings: dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeRemovedEvent(RecipeBookEvent):
    """The pizza is not tracked any more."""
