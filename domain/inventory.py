"""Ingredients, and the book of recipes that says which pizza takes how much of what."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.aggregate import AggregateRoot
from domain.errors import NotFound, StaleVersion
from domain.events import (
    IngredientAddedEvent,
    IngredientBackInStockEvent,
    IngredientChangedEvent,
    IngredientEvent,
    IngredientSoldOutEvent,
    RecipeChangedEvent,
    RecipeRemovedEvent,
    StockRunningLowEvent,
)

RECIPE_BOOK_ID = "recipes"

Amounts = Mapping[str, int]


@dataclass(slots=True, kw_only=True)
class IngredientState:
    """`low` and `sold_out` are what was last told of it. `opened_by` is the event that brought it along, if one did."""

    name: str
    unit: str
    low_mark: int
    low: bool = False
    sold_out: bool = False
    opened_by: str | None = None


class Ingredient(AggregateRoot[IngredientState]):
    """What the stock room keeps. How much of it there is, is the stock room's to say, not its own."""

    @classmethod
    def restore(cls, aggregate_id: str, state: IngredientState, version: int) -> "Ingredient":
        return cls(aggregate_id, state, version)

    @classmethod
    def add(
        cls, ingredient: str, *, name: str, unit: str, low_mark: int, now: datetime, opened_by: str | None = None
    ) -> "Ingredient":
        """A new one, of which there is nothing yet: so it counts as sold out, and that need not be told."""
        state = IngredientState(name=name, unit=unit, low_mark=low_mark, low=True, sold_out=True, opened_by=opened_by)
        added = cls(ingredient_key(ingredient), state)
        added._tell(IngredientAddedEvent, now, unit=unit, low_mark=low_mark)
        return added

    @property
    def ingredient(self) -> str:
        return ingredient_of(self.id)

    def expect_version(self, expected: int | None) -> None:
        """Raise `StaleVersion` where the caller decided on another version than this one (None: any will do)."""
        if expected is not None and expected != self.version:
            raise StaleVersion(expected, self.version)

    def change(self, name: str, unit: str, low_mark: int, now: datetime) -> None:
        if (name, unit, low_mark) == (self.state.name, self.state.unit, self.state.low_mark):
            return
        self.state.name, self.state.unit, self.state.low_mark = name, unit, low_mark
        self._tell(IngredientChangedEvent, now, unit=unit, low_mark=low_mark)

    def see_level(self, available: int, now: datetime) -> None:
        """Tell what has changed since it was last looked at: it runs low, it is sold out, it is back."""
        state = self.state
        was_low, was_sold_out = state.low, state.sold_out
        state.low, state.sold_out = available <= state.low_mark, available <= 0
        if state.sold_out and not was_sold_out:
            self._tell(IngredientSoldOutEvent, now)
        if was_sold_out and not state.sold_out:
            self._tell(IngredientBackInStockEvent, now, unit=state.unit, available=available)
        if state.low and not was_low:
            low_mark = state.low_mark
            self._tell(StockRunningLowEvent, now, unit=state.unit, available=available, low_mark=low_mark)

    def would_tell(self, available: int) -> bool:
        """Whether looking at this level changes what was last told."""
        return (self.state.low, self.state.sold_out) != (available <= self.state.low_mark, available <= 0)

    def _tell(self, event_type: type[IngredientEvent], now: datetime, **facts: Any) -> None:
        self._record(event_type, now, ingredient=self.ingredient, name=self.state.name, **facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What one pizza of a size takes, and what an extra topping on it does: amounts by ingredient."""

    sizes: Mapping[str, Amounts]
    toppings: Mapping[str, Amounts] = field(default_factory=dict)

    @property
    def parts(self) -> Iterator[tuple[str, Amounts]]:
        """Every list of amounts, with the JSON pointer to it."""
        for size, amounts in self.sizes.items():
            yield f"/sizes/{size}", amounts
        for topping, amounts in self.toppings.items():
            yield f"/toppings/{topping}", amounts

    def needs(self, size: str, quantity: int, extra_toppings: Iterable[str]) -> Counter[str]:
        """What so many pizzas take."""
        total: Counter[str] = Counter(self.sizes.get(size, {}))
        for topping in extra_toppings:
            total.update(self.toppings.get(topping, {}))
        return Counter({ingredient: amount * quantity for ingredient, amount in total.items()})


@dataclass(slots=True, kw_only=True)
class RecipeBookState:
    """`stocked_up_to` is the version of the menu up to which new pizzas have been given a recipe by themselves."""

    recipes: dict[str, Recipe] = field(default_factory=dict)
    stocked_up_to: int = 0


class RecipeBook(AggregateRoot[RecipeBookState]):
    """All recipes, by pizza. A pizza without one is not tracked."""

    @classmethod
    def restore(cls, book_id: str, state: RecipeBookState, version: int) -> "RecipeBook":
        return cls(book_id, state, version)

    def find(self, pizza_id: str) -> Recipe:
        """Raises `NotFound`."""
        recipe = self.state.recipes.get(pizza_id)
        if recipe is None:
            raise NotFound(f"There is no recipe for '{pizza_id}': it is not tracked.")
        return recipe

    def expect_version(self, expected: int | None) -> None:
        """Raise `StaleVersion` where the caller decided on another version than this one (None: any will do)."""
        if expected is not None and expected != self.version:
            raise StaleVersion(expected, self.version)

    def write(self, pizza_id: str, recipe: Recipe, now: datetime) -> None:
        if self.state.recipes.get(pizza_id) == recipe:
            return
        self.state.recipes = {**self.state.recipes, pizza_id: recipe}
        sizes = {size: dict(amounts) for size, amounts in recipe.sizes.items()}
        toppings = {topping: dict(amounts) for topping, amounts in recipe.toppings.items()}
        self._record(RecipeChangedEvent, now, pizza_id=pizza_id, sizes=sizes, toppings=toppings)

    def write_for_new(self, pizza_id: str, recipe: Recipe, menu_version: int, now: datetime) -> bool:
        """Give a pizza that has just joined a recipe, unless somebody wrote one; False where this happened before."""
        if menu_version <= self.state.stocked_up_to:
            return False
        self.state.stocked_up_to = menu_version
        if pizza_id not in self.state.recipes:
            self.write(pizza_id, recipe, now)
        return True

    def remove(self, pizza_id: str, now: datetime) -> None:
        """Raises `NotFound`."""
        self.find(pizza_id)
        self.state.recipes = {other: kept for other, kept in self.state.recipes.items() if other != pizza_id}
        self._record(RecipeRemovedEvent, now, pizza_id=pizza_id)


def ingredient_key(ingredient: str) -> str:
    """The id of its aggregate. The event log tells aggregates apart by their ids alone, and `menu` may be eaten too."""
    return f"ingredient-{ingredient}"


def ingredient_of(key: str) -> str:
    return key.removeprefix("ingredient-")
