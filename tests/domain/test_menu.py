"""Prices come from the menu."""

import pytest

from domain.errors import DomainError, InvalidMenu, UnknownPizza, UnknownSize, UnknownTopping
from domain.menu import Pizza, Topping, marios_menu


def test_a_line_costs_its_size_and_its_toppings() -> None:
    menu = marios_menu()
    pizza, topping = menu.state.pizzas["margherita"], menu.state.toppings["olives"]
    line = menu.price_line("margherita", "large", 3, ("olives", "olives"), at="/items/0")
    assert line.unit_price == pizza.prices["large"] + 2 * topping.price
    assert line.line_total == 3 * line.unit_price


@pytest.mark.parametrize(
    ("pizza", "size", "toppings", "error", "parameter"),
    [
        ("hawaii", "large", (), UnknownPizza, "/items/4/pizza"),
        ("margherita", "huge", (), UnknownSize, "/items/4/size"),
        ("margherita", "large", ("olives", "gold"), UnknownTopping, "/items/4/extraToppings/1"),
    ],
)
def test_what_is_not_on_the_menu_is_refused_by_name(
    pizza: str, size: str, toppings: tuple[str, ...], error: type[DomainError], parameter: str
) -> None:
    with pytest.raises(error) as refusal:
        marios_menu().price_line(pizza, size, 1, toppings, at="/items/4")
    assert refusal.value.parameter == parameter


MARGHERITA = Pizza(id="margherita", name="Margherita", prices={"large": 900})


@pytest.mark.parametrize(
    ("currency", "pizzas", "toppings", "parameter"),
    [
        ("euro", [MARGHERITA], [], "/currency"),
        ("EUR", [MARGHERITA, MARGHERITA], [], "/pizzas/1/id"),
        ("EUR", [MARGHERITA], [Topping(id="a", name="A", price=1)] * 2, "/toppings/1/id"),
        ("EUR", [Pizza(id="x", name="X", prices={})], [], "/pizzas/0/prices"),
        ("EUR", [MARGHERITA, Pizza(id="x", name="X", prices={"large": 0})], [], "/pizzas/1/prices"),
    ],
)
def test_a_menu_that_makes_no_sense_is_refused_and_the_old_one_stays(
    currency: str, pizzas: list[Pizza], toppings: list[Topping], parameter: str
) -> None:
    menu = marios_menu()
    before = menu.state
    with pytest.raises(InvalidMenu) as refusal:
        menu.replace(currency, pizzas, toppings)
    assert refusal.value.parameter == parameter
    assert menu.state is before
