"""Ingredients tell what is news, recipes say what is needed, and the ledger's rules add up."""

import pytest

from application.clock import utc_now
from domain.errors import NotFound, StaleVersion
from domain.events import (
    IngredientAddedEvent,
    IngredientBackInStockEvent,
    IngredientChangedEvent,
    IngredientSoldOutEvent,
    RecipeChangedEvent,
    RecipeRemovedEvent,
    StockRunningLowEvent,
)
from domain.inventory import RECIPE_BOOK_ID, Ingredient, Recipe, RecipeBook, RecipeBookState
from domain.stock import Level, Movement, MovementKind, deductions, givings_back, reservations

NOW = utc_now()
CALZONE = Recipe(
    sizes={"large": {"dough": 2, "cheese": 150}, "small": {"dough": 1}}, toppings={"extra-cheese": {"cheese": 40}}
)


def dough(low_mark: int = 3) -> Ingredient:
    return Ingredient.add("dough", name="Dough", unit="ball", low_mark=low_mark, now=NOW)


@pytest.mark.parametrize(
    ("levels", "told"),
    [
        ([0, 0], []),
        ([10, 9, 4], [IngredientBackInStockEvent]),
        ([10, 3, 2, 1], [IngredientBackInStockEvent, StockRunningLowEvent]),
        ([10, 3, 4, 3], [IngredientBackInStockEvent, StockRunningLowEvent, StockRunningLowEvent]),
        ([10, 0, 0], [IngredientBackInStockEvent, IngredientSoldOutEvent, StockRunningLowEvent]),
        ([2, 0, 2], [IngredientBackInStockEvent, IngredientSoldOutEvent, IngredientBackInStockEvent]),
    ],
)
def test_a_level_is_told_when_it_is_news(levels: list[int], told: list[type]) -> None:
    ingredient = dough()
    for level in levels:
        would_tell, before = ingredient.would_tell(level), (ingredient.state.low, ingredient.state.sold_out)
        ingredient.see_level(level, NOW)
        assert would_tell == (before != (ingredient.state.low, ingredient.state.sold_out))

    assert [type(event) for event in ingredient.raised] == [IngredientAddedEvent, *told]


def test_an_ingredient_that_stays_as_it_is_tells_nothing() -> None:
    ingredient = dough()
    ingredient.change("Dough", "ball", 3, NOW)
    ingredient.change("Dough 00", "ball", 3, NOW)

    assert [type(event) for event in ingredient.raised] == [IngredientAddedEvent, IngredientChangedEvent]
    with pytest.raises(StaleVersion):
        ingredient.expect_version(7)


def test_a_recipe_multiplies_what_a_pizza_and_its_toppings_take() -> None:
    assert CALZONE.needs("large", 3, ("extra-cheese", "extra-cheese", "olives")) == {"dough": 6, "cheese": 3 * 230}
    assert CALZONE.needs("huge", 3, ()) == {}
    assert [pointer for pointer, _ in CALZONE.parts] == ["/sizes/large", "/sizes/small", "/toppings/extra-cheese"]


def test_the_book_tells_what_changes_in_it() -> None:
    book = RecipeBook(RECIPE_BOOK_ID, RecipeBookState())
    book.write("calzone", CALZONE, NOW)
    book.write("calzone", CALZONE, NOW)
    book.remove("calzone", NOW)

    assert [type(event) for event in book.raised] == [RecipeChangedEvent, RecipeRemovedEvent]
    with pytest.raises(NotFound):
        book.remove("calzone", NOW)


def test_a_new_pizza_gets_a_recipe_unless_it_has_one_and_never_twice() -> None:
    book = RecipeBook(RECIPE_BOOK_ID, RecipeBookState())
    own = Recipe(sizes={"large": {"calzone": 1}})
    book.write("marinara", CALZONE, NOW)

    assert book.write_for_new("marinara", own, 4, NOW)
    assert book.write_for_new("calzone", own, 5, NOW)
    book.remove("calzone", NOW)
    assert not book.write_for_new("calzone", own, 5, NOW)

    assert book.state.recipes == {"marinara": CALZONE}


def test_what_an_order_reserved_ends_once_and_leaves_nothing_reserved() -> None:
    made = reservations("order", {"dough": 2, "cheese": 150}, NOW)
    for ended in (deductions(made, NOW), givings_back(made, NOW, cooked=False), givings_back(made, NOW, cooked=True)):
        assert {movement.id for movement in ended} == {"order:closed:dough", "order:closed:cheese"}
        assert sum(movement.reserved for movement in [*made, *ended]) == 0
        assert deductions([*made, *ended], NOW) == []


def test_only_what_was_taken_and_not_cooked_is_returned() -> None:
    made = reservations("order", {"dough": 2}, NOW)
    taken, freed = deductions(made, NOW), givings_back(made, NOW, cooked=False)

    (returned,) = givings_back([*made, *taken], NOW, cooked=False)
    assert (returned.kind, returned.on_hand) == (MovementKind.RETURNED, 2)
    assert givings_back([*made, *taken, returned], NOW, cooked=False) == []
    assert givings_back([*made, *taken], NOW, cooked=True) == []
    assert givings_back([*made, *freed], NOW, cooked=False) == []
    assert Level(on_hand=5, reserved=2).available == 3
    assert Movement(id="m", ingredient="dough", kind=MovementKind.DELIVERY, on_hand=5, at=NOW).available == 5
