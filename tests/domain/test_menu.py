"""Prices come from the menu."""

from collections.abc import Callable

import pytest

from application.clock import utc_now
from domain.errors import (
    DomainError,
    DuplicateId,
    InvalidMenu,
    NotAvailable,
    NotFound,
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
from domain.menu import MAX_ENTRIES, Menu, Pizza, Topping, marios_menu

NOW = utc_now()


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
        menu.replace(currency, pizzas, toppings, NOW)
    assert refusal.value.parameter == parameter
    assert menu.state is before
    assert menu.raised == ()


CALZONE = Pizza(id="calzone", name="Calzone", prices={"large": 1500})
TRUFFLE = Topping(id="truffle", name="Truffle", price=900)


def test_each_change_is_told_once() -> None:
    menu = marios_menu()
    menu.add_pizza(CALZONE, NOW)
    menu.change_pizza(Pizza(id="calzone", name="Calzone", prices={"large": 1600}), NOW)
    menu.retire_pizza("calzone", NOW)
    menu.add_topping(TRUFFLE, NOW)
    menu.change_topping(Topping(id="truffle", name="Truffle", price=950), NOW)
    menu.retire_topping("truffle", NOW)

    assert [type(event) for event in menu.raised] == [
        PizzaAddedToMenuEvent,
        PizzaChangedEvent,
        PizzaRetiredEvent,
        ToppingAddedToMenuEvent,
        ToppingChangedEvent,
        ToppingRetiredEvent,
    ]
    assert [event.aggregate_version for event in menu.raised] == [1, 2, 3, 4, 5, 6]
    changed = menu.raised[1]
    assert isinstance(changed, PizzaChangedEvent)
    assert (changed.old_prices, changed.prices) == ({"large": 1500}, {"large": 1600})
    assert menu.state == marios_menu().state


def test_what_changes_nothing_is_not_told() -> None:
    menu = marios_menu()
    pizzas, toppings = list(menu.state.pizzas.values()), list(menu.state.toppings.values())
    menu.replace(menu.state.currency, pizzas, toppings, NOW)
    menu.change_pizza(pizzas[0], NOW)
    menu.change_topping(toppings[0], NOW)

    assert menu.raised == ()


def test_a_menu_in_another_order_is_another_menu() -> None:
    menu = marios_menu()
    backwards = list(reversed(menu.state.pizzas.values()))
    menu.replace(menu.state.currency, backwards, list(menu.state.toppings.values()), NOW)

    assert list(menu.state.pizzas.values()) == backwards
    assert len(menu.raised) == 1


def test_another_menu_tells_what_came_changed_and_went() -> None:
    menu = marios_menu()
    menu.replace("EUR", [MARGHERITA, CALZONE], [TRUFFLE], NOW)

    (event,) = menu.raised
    assert isinstance(event, MenuReplacedEvent)
    assert (event.pizzas_added, event.pizzas_changed) == (("calzone",), ("margherita",))
    assert set(event.pizzas_retired) == marios_menu().state.pizzas.keys() - {"margherita"}
    assert (event.toppings_added, event.toppings_changed) == (("truffle",), ())
    assert set(event.toppings_retired) == marios_menu().state.toppings.keys()


def test_what_is_not_available_cannot_be_ordered_for_now() -> None:
    menu = marios_menu()
    menu.add_pizza(Pizza(id="calzone", name="Calzone", prices={"large": 1500}, available=False), NOW)
    menu.add_topping(Topping(id="truffle", name="Truffle", price=900, available=False), NOW)

    with pytest.raises(NotAvailable) as refusal:
        menu.price_line("calzone", "large", 1, (), at="/items/1")
    assert refusal.value.parameter == "/items/1/pizza"
    with pytest.raises(NotAvailable) as refusal:
        menu.price_line("margherita", "large", 1, ("olives", "truffle"), at="/items/0")
    assert refusal.value.parameter == "/items/0/extraToppings/1"


def _full() -> Menu:
    menu = marios_menu()
    for number in range(len(menu.state.pizzas), MAX_ENTRIES):
        menu.add_pizza(Pizza(id=f"p{number}", name="P", prices={"large": 1}), NOW)
    return menu


@pytest.mark.parametrize(
    ("menu", "verb", "error"),
    [
        (marios_menu(), lambda menu: menu.add_pizza(MARGHERITA, NOW), DuplicateId),
        (marios_menu(), lambda menu: menu.add_pizza(Pizza(id="x", name="X", prices={}), NOW), InvalidMenu),
        (_full(), lambda menu: menu.add_pizza(CALZONE, NOW), InvalidMenu),
        (marios_menu(), lambda menu: menu.change_pizza(CALZONE, NOW), NotFound),
        (marios_menu(), lambda menu: menu.change_pizza(Pizza(id="margherita", name="M", prices={}), NOW), InvalidMenu),
        (marios_menu(), lambda menu: menu.retire_pizza("calzone", NOW), NotFound),
        (marios_menu(), lambda menu: menu.add_topping(Topping(id="olives", name="O", price=1), NOW), DuplicateId),
        (marios_menu(), lambda menu: menu.change_topping(TRUFFLE, NOW), NotFound),
        (marios_menu(), lambda menu: menu.retire_topping("truffle", NOW), NotFound),
    ],
)
def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(
    menu: Menu, verb: Callable[[Menu], None], error: type[DomainError]
) -> None:
    before, told = dict(menu.state.pizzas), menu.raised
    with pytest.raises(error):
        verb(menu)
    assert (menu.state.pizzas, menu.raised) == (before, told)
