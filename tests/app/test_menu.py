"""The menu over HTTP, entry by entry, and what a basket costs by it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from domain.events import PizzaAddedToMenuEvent
from tests.app.orders import a_request, placed, problem
from tests.app.serving import Pizzeria
from tests.waiting import eventually

CALZONE: dict[str, Any] = {
    "id": "calzone",
    "name": "Calzone",
    "description": "Folded",
    "prices": {"small": 1200, "large": 1900},
    "available": True,
}
TRUFFLE: dict[str, Any] = {"id": "truffle-oil", "name": "Truffle oil", "price": 300, "available": True}


def without_id(entry: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "id"} | changes


@pytest.fixture
async def calzone(staff: httpx.AsyncClient) -> AsyncIterator[httpx.Response]:
    yield await staff.post("/api/menu/pizzas", json=CALZONE)
    await staff.delete("/api/menu/pizzas/calzone")


@pytest.fixture
async def truffle(staff: httpx.AsyncClient) -> AsyncIterator[httpx.Response]:
    yield await staff.post("/api/menu/toppings", json=TRUFFLE)
    await staff.delete("/api/menu/toppings/truffle-oil")


async def test_a_pizza_joins_is_ordered_and_retires(staff: httpx.AsyncClient, calzone: httpx.Response) -> None:
    assert calzone.status_code == 201
    on_menu = calzone.json()["pizzas"][-1]
    assert {name: on_menu[name] for name in CALZONE} == CALZONE
    item = {"pizza": "calzone", "size": "large", "quantity": 1}
    order = await placed(staff, items=[item])
    retired = await staff.delete("/api/menu/pizzas/calzone", headers={"If-Match": calzone.headers["etag"]})

    assert retired.status_code == 200
    assert "calzone" not in [pizza["id"] for pizza in retired.json()["pizzas"]]
    problem(await staff.post("/api/orders", json=a_request(items=[item])), 422, "unknown_pizza")
    assert (await staff.get(f"/api/orders/{order['id']}")).json()["totalAmount"] == 1900


async def test_a_changed_price_counts_from_the_next_order_on(
    staff: httpx.AsyncClient, calzone: httpx.Response, truffle: httpx.Response
) -> None:
    items = [{"pizza": "calzone", "size": "small", "quantity": 1, "extraToppings": ["truffle-oil"]}]
    before = await placed(staff, items=items)
    await staff.put("/api/menu/pizzas/calzone", json=without_id(CALZONE, prices={"small": 1300}))
    await staff.put("/api/menu/toppings/truffle-oil", json=without_id(TRUFFLE, price=350))
    after = await placed(staff, items=items)

    assert (before["totalAmount"], after["totalAmount"]) == (1200 + 300, 1300 + 350)


async def test_what_is_not_available_is_refused_until_it_is_again(
    staff: httpx.AsyncClient, calzone: httpx.Response, truffle: httpx.Response
) -> None:
    pizza = [{"pizza": "calzone", "size": "small", "quantity": 1}]
    topped = [{"pizza": "marinara", "size": "small", "quantity": 1, "extraToppings": ["truffle-oil"]}]
    await staff.put("/api/menu/pizzas/calzone", json=without_id(CALZONE, available=False))
    await staff.put("/api/menu/toppings/truffle-oil", json=without_id(TRUFFLE, available=False))
    refused = problem(await staff.post("/api/orders", json=a_request(items=pizza)), 409, "not_available")
    refused_topping = problem(await staff.post("/api/orders", json=a_request(items=topped)), 409, "not_available")
    quoted = problem(await staff.post("/api/orders/quote", json={"items": pizza}), 409, "not_available")

    assert refused["parameter"] == quoted["parameter"] == "/items/0/pizza"
    assert refused_topping["parameter"] == "/items/0/extraToppings/0"
    await staff.put("/api/menu/pizzas/calzone", json=without_id(CALZONE))
    assert (await placed(staff, items=pizza))["totalAmount"] == 1200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "pizzas", CALZONE),
        ("PUT", "pizzas/margherita", without_id(CALZONE)),
        ("DELETE", "pizzas/margherita", None),
        ("POST", "toppings", TRUFFLE),
        ("PUT", "toppings/olives", without_id(TRUFFLE)),
        ("DELETE", "toppings/olives", None),
    ],
)
async def test_a_change_decided_on_an_old_version_is_refused(
    staff: httpx.AsyncClient, anybody: httpx.AsyncClient, method: str, path: str, body: Any
) -> None:
    before = (await staff.get("/api/menu")).json()
    stale = {"If-Match": f'"{before["version"] + 1}"'}

    problem(await staff.request(method, f"/api/menu/{path}", json=body, headers=stale), 412, "stale_version")
    problem(await anybody.request(method, f"/api/menu/{path}", json=body), 401, "unauthorized")
    assert (await staff.get("/api/menu")).json() == before


@pytest.mark.parametrize(
    ("method", "path", "body", "refusal"),
    [
        ("POST", "pizzas", CALZONE | {"id": "margherita"}, (409, "duplicate_id")),
        ("POST", "pizzas", CALZONE | {"id": "no/slash"}, (422, "invalid_request")),
        ("POST", "pizzas", CALZONE | {"prices": {"large": 0}}, (422, "invalid_request")),
        ("PUT", "pizzas/hawaii", without_id(CALZONE), (404, "not_found")),
        ("DELETE", "pizzas/hawaii", None, (404, "not_found")),
        ("POST", "toppings", TRUFFLE | {"id": "olives"}, (409, "duplicate_id")),
        ("PUT", "toppings/gold", without_id(TRUFFLE), (404, "not_found")),
        ("DELETE", "toppings/gold", None, (404, "not_found")),
    ],
)
async def test_a_change_that_makes_no_sense_is_refused_and_changes_nothing(
    staff: httpx.AsyncClient, method: str, path: str, body: Any, refusal: tuple[int, str]
) -> None:
    before = (await staff.get("/api/menu")).json()

    problem(await staff.request(method, f"/api/menu/{path}", json=body), *refusal)
    assert (await staff.get("/api/menu")).json() == before


async def test_putting_the_same_menu_again_moves_no_version(staff: httpx.AsyncClient) -> None:
    read = (await staff.get("/api/menu")).json()
    again = await staff.put("/api/menu", json={name: value for name, value in read.items() if name != "version"})

    assert again.json() == read


async def test_the_audit_trail_tells_of_the_menu(pizzeria: Pizzeria, calzone: httpx.Response) -> None:
    async def told() -> bool:
        reading = pizzeria.service.store.event_log.of_aggregate("menu")
        logged = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(reading, pizzeria.loop))
        last = logged[-1].event if logged else None
        return isinstance(last, PizzaAddedToMenuEvent) and last.aggregate_version == calzone.json()["version"]

    await eventually(told)


async def test_a_quote_prices_a_basket_as_placing_it_would(anybody: httpx.AsyncClient) -> None:
    items = a_request()["items"]
    quote = (await anybody.post("/api/orders/quote", json={"items": items})).json()
    order = await placed(anybody)

    assert quote == {
        "lines": order["items"],
        "currency": order["currency"],
        "totalAmount": order["totalAmount"],
        "pizzaCount": order["pizzaCount"],
    }


@pytest.mark.parametrize(
    ("change", "code", "parameter"),
    [
        ({"pizza": "hawaii"}, "unknown_pizza", "/items/0/pizza"),
        ({"size": "huge"}, "unknown_size", "/items/0/size"),
        ({"extraToppings": ["gold"]}, "unknown_topping", "/items/0/extraToppings/0"),
        ({"quantity": 0}, "invalid_request", "/items/0/quantity"),
    ],
)
async def test_a_basket_that_cannot_be_ordered_has_no_price(
    anybody: httpx.AsyncClient, change: dict[str, Any], code: str, parameter: str
) -> None:
    item = {"pizza": "margherita", "size": "large", "quantity": 1} | change
    answer = await anybody.post("/api/orders/quote", json={"items": [item]})

    assert problem(answer, 422, code)["parameter"] == parameter


async def test_a_basket_of_too_many_pizzas_has_no_price(anybody: httpx.AsyncClient) -> None:
    items = [{"pizza": "margherita", "size": "large", "quantity": 51}] * 2

    problem(await anybody.post("/api/orders/quote", json={"items": items}), 422, "invalid_order")
