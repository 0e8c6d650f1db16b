"""Bad input of every kind is refused with a 4xx that says what is wrong, and changes nothing."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.app.orders import DELIVERY, a_phone, a_request, placed, problem

Change = Callable[[dict[str, Any]], object]


def _set(*path: str | int, to: Any) -> Change:
    def change(request: dict[str, Any]) -> None:
        *parents, last = path
        target: Any = request
        for part in parents:
            target = target[part]
        target[last] = to

    return change


def _drop(*path: str | int) -> Change:
    def change(request: dict[str, Any]) -> None:
        *parents, last = path
        target: Any = request
        for part in parents:
            target = target[part]
        del target[last]

    return change


ONE_DIAVOLA = {"pizza": "diavola", "size": "small", "quantity": 1}
HALF_AN_ADDRESS = {"street": "Via Roma 1", "postalCode": "50123"}

BAD_ORDERS: dict[str, tuple[Change, str, str]] = {
    "no such pizza": (_set("items", 0, "pizza", to="hawaii"), "unknown_pizza", "/items/0/pizza"),
    "no such size": (_set("items", 1, "size", to="colossal"), "unknown_size", "/items/1/size"),
    "no such topping": (
        _set("items", 0, "extraToppings", to=["olives", "gold"]),
        "unknown_topping",
        "/items/0/extraToppings/1",
    ),
    "too many pizzas in all": (_set("items", to=[ONE_DIAVOLA | {"quantity": 60}] * 2), "invalid_order", "/items"),
    "a delivery to nowhere": (_set("fulfilment", to={"type": "delivery"}), "invalid_order", "/fulfilment/address"),
    "a pickup with address": (
        _set("fulfilment", to=DELIVERY | {"type": "pickup"}),
        "invalid_order",
        "/fulfilment/address",
    ),
}
MALFORMED_ORDERS: dict[str, tuple[Change, str]] = {
    "quantity 0": (_set("items", 0, "quantity", to=0), "/items/0/quantity"),
    "quantity below 0": (_set("items", 0, "quantity", to=-1), "/items/0/quantity"),
    "quantity 1000": (_set("items", 0, "quantity", to=1000), "/items/0/quantity"),
    "quantity beyond 64 bits": (_set("items", 0, "quantity", to=2**70), "/items/0/quantity"),
    "quantity as text": (_set("items", 0, "quantity", to="2"), "/items/0/quantity"),
    "quantity as fraction": (_set("items", 0, "quantity", to=1.5), "/items/0/quantity"),
    "quantity as truth": (_set("items", 0, "quantity", to=True), "/items/0/quantity"),
    "quantity as null": (_set("items", 0, "quantity", to=None), "/items/0/quantity"),
    "no items": (_set("items", to=[]), "/items"),
    "too many items": (_set("items", to=[ONE_DIAVOLA] * 51), "/items"),
    "items as object": (_set("items", to={}), "/items"),
    "items missing": (_drop("items"), "/items"),
    "a price of the client's own": (_set("items", 0, "unitPrice", to=1), "/items/0/unitPrice"),
    "an unknown field": (_set("coupon", to="FREE"), "/coupon"),
    "a field in snake case": (_set("items", 0, "extra_toppings", to=[]), "/items/0/extra_toppings"),
    "no customer": (_drop("customer"), "/customer"),
    "an empty name": (_set("customer", "name", to="  "), "/customer/name"),
    "a long name": (_set("customer", "name", to="x" * 101), "/customer/name"),
    "a line break in a name": (_set("customer", "name", to="Ada\nRossi"), "/customer/name"),
    "NUL in a name": (_set("customer", "name", to="Ada\x00"), "/customer/name"),
    "an escape sequence in the notes": (_set("notes", to="\x1b[31mred"), "/notes"),
    "long notes": (_set("notes", to="x" * 501), "/notes"),
    "a phone of letters": (_set("customer", "phone", to="call me now"), "/customer/phone"),
    "a phone of punctuation": (_set("customer", "phone", to="(((---)))"), "/customer/phone"),
    "an e-mail without domain": (_set("customer", "email", to="ada@"), "/customer/email"),
    "an e-mail with a header in it": (_set("customer", "email", to="a@b.it\r\nBcc: x@y.it"), "/customer/email"),
    "an unknown fulfilment": (_set("fulfilment", "type", to="drone"), "/fulfilment/type"),
    "an address without city": (
        _set("fulfilment", to={"type": "delivery", "address": HALF_AN_ADDRESS}),
        "/fulfilment/address/city",
    ),
}
EVERY_BAD_ORDER = BAD_ORDERS | {
    name: (change, "invalid_request", parameter) for name, (change, parameter) in MALFORMED_ORDERS.items()
}


@pytest.mark.parametrize(("change", "code", "parameter"), EVERY_BAD_ORDER.values(), ids=EVERY_BAD_ORDER)
async def test_a_bad_order_is_refused_by_name_and_changes_nothing(
    staff: httpx.AsyncClient, change: Change, code: str, parameter: str
) -> None:
    newest = (await staff.get("/api/orders?limit=1")).json()["items"]
    request = a_request()
    change(request)
    body = problem(await staff.post("/api/orders", json=request), 422, code)

    assert body["parameter"] == parameter
    assert (await staff.get("/api/orders?limit=1")).json()["items"] == newest


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"order please", b'{"customer": }', b"\xff\xfe", b"[" * 20_000, b'{"notes": "\\ud800"}', b'{"a": 1}}'],
    ids=["empty", "unfinished", "prose", "hole", "not UTF-8", "very deep", "half a surrogate", "too much"],
)
async def test_what_is_no_json_is_a_bad_request(anybody: httpx.AsyncClient, body: bytes) -> None:
    response = await anybody.post("/api/orders", content=body, headers={"Content-Type": "application/json"})
    problem(response, 400, "malformed_json")


@pytest.mark.parametrize("body", [b"[]", b"null", b'"order"', b"7"])
async def test_json_that_is_no_object_is_refused(anybody: httpx.AsyncClient, body: bytes) -> None:
    response = await anybody.post("/api/orders", content=body, headers={"Content-Type": "application/json"})
    assert problem(response, 422, "invalid_request")["parameter"] == ""


async def test_several_faults_are_all_named(anybody: httpx.AsyncClient) -> None:
    request = a_request(customer={"name": ""}, coupon="FREE")
    body = problem(await anybody.post("/api/orders", json=request), 422, "invalid_request")

    assert {fault["parameter"] for fault in body["errors"]} == {"/customer/name", "/customer/phone", "/coupon"}
    assert all(fault["detail"] for fault in body["errors"])


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""])
async def test_only_json_is_read(anybody: httpx.AsyncClient, content_type: str) -> None:
    response = await anybody.post(
        "/api/orders", content=json.dumps(a_request()), headers={"Content-Type": content_type}
    )
    problem(response, 415, "unsupported_media_type")


async def test_ten_megabytes_are_refused_by_their_announced_length(anybody: httpx.AsyncClient) -> None:
    response = await anybody.post(
        "/api/orders", content=b" " * 10_000_000, headers={"Content-Type": "application/json"}
    )
    problem(response, 413, "body_too_large")


async def test_a_body_that_does_not_tell_its_length_is_refused_as_it_grows(anybody: httpx.AsyncClient) -> None:
    async def chunks() -> Any:
        for _ in range(10):
            yield b" " * 10_000

    response = await anybody.post("/api/orders", content=chunks(), headers={"Content-Type": "application/json"})
    problem(response, 413, "body_too_large")


async def test_a_chunked_body_of_good_size_is_read(anybody: httpx.AsyncClient) -> None:
    async def chunks() -> Any:
        text = json.dumps(a_request()).encode()
        yield text[:50]
        yield text[50:]

    response = await anybody.post("/api/orders", content=chunks(), headers={"Content-Type": "application/json"})
    assert response.status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 201, "caf\xe9"])
async def test_an_idempotency_key_that_cannot_be_kept_is_refused(anybody: httpx.AsyncClient, key: str) -> None:
    response = await anybody.post("/api/orders", json=a_request(), headers={b"Idempotency-Key": key.encode("latin-1")})
    assert problem(response, 422, "invalid_request")["parameter"] == "Idempotency-Key"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("status=burnt", "status"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("limit=201", "limit"),
        ("limit=1&limit=2", "limit"),
        ("from=yesterday", "from"),
        ("from=2026-01-01T00:00:00", "from"),
        ("to=1767225600", "to"),
        ("to=0.5", "to"),
        ("cursor=x", "cursor"),
        ("phone=me", "phone"),
        ("colour=red", "colour"),
        ("phone=%ff%fe", None),
        ("&".join(f"p{number}=1" for number in range(51)), None),
    ],
)
async def test_a_bad_query_names_the_parameter(staff: httpx.AsyncClient, query: str, parameter: str | None) -> None:
    body = problem(await staff.get(f"/api/orders?{query}"), 422, "invalid_request")
    assert body.get("parameter") == parameter


@pytest.mark.parametrize("body", [{"reason": 7}, {"why": "x"}, {"reason": "\x07"}, {"reason": "x" * 501}])
async def test_a_bad_cancellation_leaves_the_order_as_it_was(staff: httpx.AsyncClient, body: dict[str, Any]) -> None:
    order = await placed(staff)
    problem(await staff.post(f"/api/orders/{order['id']}/cancel", json=body), 422, "invalid_request")

    assert (await staff.get(f"/api/orders/{order['id']}")).json()["status"] == "pending"


def _pizza(**changes: Any) -> dict[str, Any]:
    return {"id": "a", "name": "A", "prices": {"small": 100}} | changes


BAD_MENUS: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "a free pizza": ({"pizzas": [_pizza(prices={"small": 0})]}, "invalid_request", "/pizzas/0/prices/small"),
    "a price in fractions": ({"pizzas": [_pizza(prices={"small": 9.99})]}, "invalid_request", "/pizzas/0/prices/small"),
    "a pizza of no size": ({"pizzas": [_pizza(prices={})]}, "invalid_request", "/pizzas/0/prices"),
    "no pizzas": ({"pizzas": []}, "invalid_request", "/pizzas"),
    "an id with a blank": ({"pizzas": [_pizza(id="a b")]}, "invalid_request", "/pizzas/0/id"),
    "a currency in words": ({"currency": "dollars"}, "invalid_request", "/currency"),
    "the same pizza twice": ({"pizzas": [_pizza(), _pizza()]}, "invalid_menu", None),
}


@pytest.mark.parametrize(("change", "code", "parameter"), BAD_MENUS.values(), ids=BAD_MENUS)
async def test_a_bad_menu_leaves_the_old_one(
    staff: httpx.AsyncClient, change: dict[str, Any], code: str, parameter: str | None
) -> None:
    before = (await staff.get("/api/menu")).json()
    good = {"currency": "USD", "pizzas": [_pizza()], "toppings": []}
    body = problem(await staff.put("/api/menu", json=good | change), 422, code)

    if parameter:
        assert body["parameter"] == parameter
    assert (await staff.get("/api/menu")).json() == before


async def test_text_is_kept_as_it_was_written(staff: httpx.AsyncClient) -> None:
    notes = "Søren's — <b>\"piano\"</b> 🍕\n\t'; DROP TABLE orders; --"
    order = await placed(staff, notes=notes, customer={"name": "Žofia O'Neill", "phone": a_phone()})

    read = (await staff.get(f"/api/orders/{order['id']}")).json()
    assert read["notes"] == notes
    assert read["customer"]["name"] == "Žofia O'Neill"
