"""The stock room over HTTP: a pizza joins, sells out, comes back; deliveries, corrections, recipes."""

import asyncio
import itertools
from typing import Any

import httpx
import pytest

from domain.events import IngredientBackInStockEvent, IngredientSoldOutEvent, StockRunningLowEvent
from tests.app.orders import a_request, moved, placed, problem
from tests.app.serving import Pizzeria
from tests.waiting import eventually

_numbers = itertools.count(1)


async def joined(staff: httpx.AsyncClient) -> str:
    """A pizza of its own for the test, on the menu and stocked by itself; its id."""
    pizza = f"special-{next(_numbers)}"
    prices = {"small": 1000, "large": 1500}
    answer = await staff.post("/api/menu/pizzas", json={"id": pizza, "name": "Special", "prices": prices})
    assert answer.status_code == 201, answer.text

    async def is_tracked() -> bool:
        return (await staff.post("/api/orders/quote", json={"items": [one(pizza, 11)]})).status_code == 409

    await eventually(is_tracked)
    return pizza


async def level(staff: httpx.AsyncClient, ingredient: str) -> dict[str, Any]:
    lines = (await staff.get("/api/stock")).json()["items"]
    found: dict[str, Any] = next(line for line in lines if line["ingredient"] == ingredient)
    return found


async def on_menu(staff: httpx.AsyncClient, pizza: str) -> dict[str, Any]:
    pizzas = (await staff.get("/api/menu")).json()["pizzas"]
    found: dict[str, Any] = next(entry for entry in pizzas if entry["id"] == pizza)
    return found


async def adjusted(staff: httpx.AsyncClient, ingredient: str, amount: int, **headers: str) -> httpx.Response:
    kind = "delivery" if amount > 0 else "correction"
    body = {"ingredient": ingredient, "kind": kind, "amount": amount, "reason": "counted"}
    return await staff.post("/api/stock/movements", json=body, headers=headers)


def one(pizza: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"pizza": pizza, "size": "large", "quantity": quantity} | more


async def test_a_pizza_that_joins_is_stocked_by_itself_and_sold_until_it_has_run_out(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    stocked = await level(staff, pizza)
    assert (stocked["name"], stocked["unit"], stocked["available"]) == ("Special", "portion", 10)

    request = a_request(items=[one(pizza)])
    answers = await asyncio.gather(*(staff.post("/api/orders", json=request) for _ in range(11)))

    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert problem(refused, 409, "sold_out")["parameter"] == "/items/0"
    gone = await on_menu(staff, pizza)
    assert (gone["soldOut"], gone["soldOutSizes"]) == (True, ["small", "large"])
    order = next(answer.json() for answer in answers if answer.status_code == 201)
    await moved(staff, order["id"], "cancel")

    async def is_back() -> bool:
        return not (await on_menu(staff, pizza))["soldOut"]

    await eventually(is_back)
    await placed(staff, items=[one(pizza)])
    assert (await level(staff, pizza))["available"] == 0


async def test_metrics_follow_what_is_in_stock(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    await placed(staff, items=[one(pizza, 4)])

    async def is_shown() -> bool:
        shown = (await staff.get("/metrics")).text.splitlines()
        return {
            f'pizzeria_stock_available{{ingredient="{pizza}"}} 6.0',
            f'pizzeria_stock_reserved{{ingredient="{pizza}"}} 4.0',
        } <= set(shown)

    await eventually(is_shown)


async def test_the_line_that_does_not_fit_is_named_in_orders_and_quotes(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    items = [one("marinara"), one(pizza, 8), one(pizza, 3), one("diavola")]

    ordered = problem(await staff.post("/api/orders", json=a_request(items=items)), 409, "sold_out")
    quoted = problem(await staff.post("/api/orders/quote", json={"items": items}), 409, "sold_out")

    assert ordered["parameter"] == quoted["parameter"] == "/items/2"
    assert (await level(staff, pizza))["reserved"] == 0


async def test_what_is_confirmed_is_taken_and_what_was_not_cooked_comes_back(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    kept, cancelled, cooked = [(await placed(staff, items=[one(pizza, 2)]))["id"] for _ in range(3)]
    assert ((await level(staff, pizza))["onHand"], (await level(staff, pizza))["reserved"]) == (10, 6)
    for order in (kept, cancelled, cooked):
        await moved(staff, order, "confirm")

    async def all_are_taken() -> bool:
        now = await level(staff, pizza)
        return (now["onHand"], now["reserved"]) == (4, 0)

    await eventually(all_are_taken)
    await moved(staff, cooked, "cook", "cancel")
    await moved(staff, cancelled, "cancel")

    async def one_is_back() -> bool:
        return bool((await level(staff, pizza))["onHand"] == 6)

    await eventually(one_is_back)
    page = (await staff.get("/api/stock/movements", params={"ingredient": pizza})).json()
    kinds = sorted(movement["kind"] for movement in page["items"])
    assert kinds == ["deducted"] * 3 + ["opening"] + ["reserved"] * 3 + ["returned"]


async def test_a_repeated_order_reserves_once_even_when_it_took_the_last(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    request = a_request(items=[one(pizza, 10)])
    key = {"Idempotency-Key": f"all-of-{pizza}"}
    first = await staff.post("/api/orders", json=request, headers=key)
    again = await staff.post("/api/orders", json=request, headers=key)

    assert (first.status_code, again.json()) == (201, first.json())
    assert (await level(staff, pizza))["reserved"] == 10


async def test_racing_repeats_reserve_once(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    key = {"Idempotency-Key": f"race-for-{pizza}"}
    request = a_request(items=[one(pizza)])
    answers = await asyncio.gather(*(staff.post("/api/orders", json=request, headers=key) for _ in range(6)))

    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await level(staff, pizza))["reserved"] == 1


async def test_a_pizza_without_a_recipe_never_runs_out(staff: httpx.AsyncClient) -> None:
    problem(await staff.get("/api/recipes/margherita"), 404, "not_found")
    await placed(staff, items=[one("margherita", 100)])
    assert not (await on_menu(staff, "margherita"))["soldOut"]


async def test_a_recipe_says_what_each_size_and_topping_takes(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    dough, olives = f"dough-{pizza}", f"olives-{pizza}"
    for ingredient in (dough, olives):
        await staff.put(f"/api/ingredients/{ingredient}", json={"name": "X", "unit": "g"})
        await adjusted(staff, ingredient, 100)
    recipe = {"sizes": {"large": {dough: 30}, "small": {dough: 90}}, "toppings": {"olives": {olives: 7}}}
    written = await staff.put(f"/api/recipes/{pizza}", json=recipe)
    await placed(staff, items=[one(pizza, 2, extraToppings=["olives"])])

    assert written.json() == {"pizza": pizza, "version": written.json()["version"], **recipe}
    assert (await staff.get(f"/api/recipes/{pizza}")).json() == written.json()
    assert ((await level(staff, dough))["available"], (await level(staff, olives))["available"]) == (40, 86)
    assert (await on_menu(staff, pizza))["soldOutSizes"] == ["small"]
    assert (await on_menu(staff, pizza))["soldOut"] is False
    assert (await staff.delete(f"/api/recipes/{pizza}")).status_code == 204
    await placed(staff, items=[one(pizza, 50)])


async def test_a_recipe_for_what_there_is_none_of_is_refused(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    before = (await staff.get(f"/api/recipes/{pizza}")).json()
    recipe = {"sizes": {"large": {pizza: 1, "moondust": 2}}}

    refused = problem(await staff.put(f"/api/recipes/{pizza}", json=recipe), 422, "unknown_ingredient")

    assert refused["parameter"] == "/sizes/large/moondust"
    assert (await staff.get(f"/api/recipes/{pizza}")).json() == before


async def test_a_recipe_is_written_on_the_version_that_was_read(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    read = await staff.get(f"/api/recipes/{pizza}")
    recipe = {"sizes": {"large": {pizza: 2}}}
    first = await staff.put(f"/api/recipes/{pizza}", json=recipe, headers={"If-Match": read.headers["etag"]})
    second = await staff.delete(f"/api/recipes/{pizza}", headers={"If-Match": read.headers["etag"]})

    assert first.json()["version"] == read.json()["version"] + 1
    problem(second, 412, "stale_version")


async def test_deliveries_and_corrections_count_once_under_their_key(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    key = {"Idempotency-Key": f"van-to-{pizza}"}
    answers = [await adjusted(staff, pizza, 5, **key) for _ in range(3)]
    problem(await adjusted(staff, pizza, 6, **key), 422, "idempotency_key_reused")
    corrected = await adjusted(staff, pizza, -3)

    assert [answer.json() for answer in answers] == [answers[0].json()] * 3
    assert (corrected.status_code, corrected.json()["onHand"], corrected.json()["by"]) == (201, -3, "mario")
    assert (await level(staff, pizza))["onHand"] == 12


async def test_what_is_promised_to_orders_cannot_be_taken_away(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    await placed(staff, items=[one(pizza, 4)])

    refused = problem(await adjusted(staff, pizza, -7), 409, "negative_stock")

    assert refused["parameter"] == "/amount"
    assert (await level(staff, pizza))["onHand"] == 10
    assert (await adjusted(staff, pizza, -6)).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "code", "parameter"),
    [
        ({"ingredient": "moondust"}, 422, "unknown_ingredient", "/ingredient"),
        ({"amount": 0}, 422, "invalid_request", "/amount"),
        ({"amount": -1}, 422, "invalid_request", "/amount"),
        ({"kind": "correction", "reason": None}, 422, "invalid_request", "/reason"),
        ({"kind": "reserved"}, 422, "invalid_request", "/kind"),
    ],
)
async def test_a_movement_that_makes_no_sense_is_refused(
    staff: httpx.AsyncClient, change: dict[str, Any], status: int, code: str, parameter: str
) -> None:
    pizza = await joined(staff)
    body = {"ingredient": pizza, "kind": "delivery", "amount": 1} | change

    assert problem(await staff.post("/api/stock/movements", json=body), status, code)["parameter"] == parameter
    assert (await level(staff, pizza))["onHand"] == 10


async def test_the_ledger_is_read_page_by_page(staff: httpx.AsyncClient) -> None:
    pizza = await joined(staff)
    for amount in range(1, 6):
        await adjusted(staff, pizza, amount)
    seen: list[int] = []
    before: dict[str, str] = {}
    while True:
        wanted = {"ingredient": pizza, "limit": "2"} | before
        page = (await staff.get("/api/stock/movements", params=wanted)).json()
        seen += [movement["onHand"] for movement in page["items"]]
        if page["nextBefore"] is None:
            break
        before = {"before": page["nextBefore"]}

    assert seen == [5, 4, 3, 2, 1, 10]


async def test_an_ingredient_is_added_read_and_changed(staff: httpx.AsyncClient) -> None:
    flour = f"flour-{next(_numbers)}"
    path = f"/api/ingredients/{flour}"
    problem(await staff.get(path), 404, "not_found")
    problem(await staff.put(path, json={"name": "Flour", "unit": "kg"}, headers={"If-Match": '"1"'}), 404, "not_found")
    added = await staff.put(path, json={"name": "Flour", "unit": "kg", "lowMark": 3})
    same = await staff.put(path, json={"name": "Flour", "unit": "kg", "lowMark": 3})
    changed = await staff.put(path, json={"name": "Flour 00", "unit": "kg"}, headers={"If-Match": same.headers["etag"]})

    assert added.json() == same.json() == {"id": flour, "version": 1, "name": "Flour", "unit": "kg", "lowMark": 3}
    assert (changed.json()["version"], changed.json()["lowMark"]) == (2, 0)
    stale = await staff.put(path, json={"name": "Flour", "unit": "kg"}, headers={"If-Match": '"1"'})
    problem(stale, 412, "stale_version")
    problem(await staff.put("/api/ingredients/$x", json={"name": "Flour", "unit": "kg"}), 422, "invalid_request")


async def test_only_the_staff_looks_into_the_stock_room(anybody: httpx.AsyncClient) -> None:
    for path in ("/api/stock", "/api/stock/movements", "/api/ingredients/dough", "/api/recipes/margherita"):
        problem(await anybody.get(path), 401, "unauthorized")


async def test_running_low_selling_out_and_coming_back_are_told_once_each(
    staff: httpx.AsyncClient, pizzeria: Pizzeria
) -> None:
    pizza = await joined(staff)

    async def told() -> list[str]:
        reading = pizzeria.service.store.event_log.of_aggregate(f"ingredient-{pizza}")
        logged = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(reading, pizzeria.loop))
        return [type(entry.event).__name__ for entry in logged][1:]

    async def have_been_told(*events: type) -> None:
        expected = [event.__name__ for event in events]

        async def so() -> bool:
            return await told() == expected

        await eventually(so)

    await have_been_told(IngredientBackInStockEvent)
    for quantity in (3, 5):
        await placed(staff, items=[one(pizza, quantity)])
    await have_been_told(IngredientBackInStockEvent, StockRunningLowEvent)
    await placed(staff, items=[one(pizza, 2)])
    await have_been_told(IngredientBackInStockEvent, StockRunningLowEvent, IngredientSoldOutEvent)
    await adjusted(staff, pizza, 20)
    await have_been_told(
        IngredientBackInStockEvent, StockRunningLowEvent, IngredientSoldOutEvent, IngredientBackInStockEvent
    )
    await placed(staff, items=[one(pizza, 19)])
    await have_been_told(
        IngredientBackInStockEvent,
        StockRunningLowEvent,
        IngredientSoldOutEvent,
        IngredientBackInStockEvent,
        StockRunningLowEvent,
    )
