"""The table of 2015 as a replay reads it."""

from datetime import date

import msgspec
import pytest

from app.models.menu import MenuRequest
from app.models.order_requests import PlaceOrderRequest
from app.replay.failure import ReplayFailed
from app.replay.pizzaplace import Pizzaplace, load_pizzaplace
from app.replay.walk import order_request


@pytest.fixture(scope="module")
def year() -> Pizzaplace:
    return load_pizzaplace()


def test_the_year_has_every_order_and_its_revenue_to_the_cent(year: Pizzaplace) -> None:
    assert len(year.orders) == 21_350
    assert sum(order.pizza_count for order in year.orders) == 49_574
    assert sum(order.total_amount for order in year.orders) == 817_860_05


def test_the_menu_prices_every_order_as_it_was_paid(year: Pizzaplace) -> None:
    prices = {pizza["id"]: pizza["prices"] for pizza in year.menu["pizzas"]}

    assert len(prices) == 32
    assert {size for sizes in prices.values() for size in sizes} == {"S", "M", "L", "XL", "XXL"}
    for order in year.orders:
        assert order.total_amount == sum(
            prices[pizza][size] * quantity for (pizza, size), quantity in order.items.items()
        )


def test_the_service_takes_the_menu_and_every_order_of_the_year(year: Pizzaplace) -> None:
    MenuRequest.model_validate_json(msgspec.json.encode(year.menu))
    for order in year.orders:
        PlaceOrderRequest.model_validate_json(msgspec.json.encode(order_request(order)))


def test_an_order_asks_for_the_same_each_time_so_that_a_repeat_is_known(year: Pizzaplace) -> None:
    again = load_pizzaplace()

    assert [order_request(order) for order in year.orders] == [order_request(order) for order in again.orders]


def test_deliveries_and_pickups_alternate(year: Pizzaplace) -> None:
    kinds = [order_request(order)["fulfilment"]["type"] for order in year.orders[:4]]

    assert kinds == ["delivery", "pickup", "delivery", "pickup"]


def test_days_choose_their_orders(year: Pizzaplace) -> None:
    first_day = year.between(None, None, 1)
    christmas = year.between(date(2015, 12, 24), date(2015, 12, 26), None)

    assert {order.day for order in first_day} == {date(2015, 1, 1)}
    assert len(first_day) == 69
    assert {order.day for order in christmas} == {date(2015, 12, 24), date(2015, 12, 26)}  # closed on the 25th


def test_days_without_orders_are_refused(year: Pizzaplace) -> None:
    with pytest.raises(ReplayFailed, match="no orders"):
        year.between(date(2016, 1, 1), None, None)
