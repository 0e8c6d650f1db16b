"""Who may do what, walked over every route of the OpenAPI document."""

import re
from collections.abc import Iterator

import httpx
import pytest

from app.auth import StaffKeys
from app.order_tokens import OrderTokens
from tests.app.orders import placed, problem
from tests.app.serving import Pizzeria

OPEN = {"placeOrder", "quoteOrder", "getMenu", "checkLiveness", "checkReadiness", "getMetrics", "getEventSchema"}
OWN = {"getOrder", "listOrderEvents", "streamOrder", "cancelOrder"}


def _operations(document: dict[str, dict[str, dict[str, dict[str, str]]]]) -> Iterator[tuple[str, str, str]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield operation["operationId"], method.upper(), path


def _fill(path: str, order_id: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: order_id if name[1] == "order_id" else "x", path)


async def test_no_staff_call_answers_without_a_key(pizzeria: Pizzeria, anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    walked = set()
    for name, method, path in _operations((await anybody.get("/openapi.json")).json()):
        if name in OPEN:
            continue
        response = await anybody.request(method, _fill(path, order["id"]))
        problem(response, 401, "unauthorized")
        assert response.headers["www-authenticate"].startswith("ApiKey")
        walked.add(name)
    assert len(walked) >= 17
    assert walked >= OWN


async def test_a_wrong_key_opens_nothing(anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    for name, method, path in _operations((await anybody.get("/openapi.json")).json()):
        if name not in OPEN:
            response = await anybody.request(method, _fill(path, order["id"]), headers={"X-API-Key": "wrong-key-1"})
            problem(response, 401, "unauthorized")


async def test_an_orders_token_opens_that_order_and_no_staff_call(anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    token = {"X-Order-Token": order["token"]}
    for name, method, path in _operations((await anybody.get("/openapi.json")).json()):
        if name not in OPEN | OWN:
            response = await anybody.request(method, _fill(path, order["id"]), headers=token)
            problem(response, 403, "forbidden")

    assert (await anybody.get(f"/api/orders/{order['id']}", headers=token)).status_code == 200
    assert (await anybody.get(f"/api/orders/{order['id']}/events", headers=token)).status_code == 200


async def test_the_token_of_another_order_is_of_no_use(anybody: httpx.AsyncClient) -> None:
    mine, theirs = await placed(anybody), await placed(anybody)
    token = {"X-Order-Token": mine["token"]}
    for call in ("GET ", "GET /events", "GET /stream", "POST /cancel"):
        method, path = call.split(" ")
        response = await anybody.request(method, f"/api/orders/{theirs['id']}{path}", headers=token)
        assert problem(response, 403, "forbidden")["parameter"] == "X-Order-Token"


async def test_a_token_in_the_address_opens_streams_alone(anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    problem(await anybody.get(f"/api/orders/{order['id']}?token={order['token']}"), 401, "unauthorized")


async def test_open_calls_need_nothing(anybody: httpx.AsyncClient) -> None:
    for path in ("/api/menu", "/health/live", "/health/ready", "/metrics", "/docs", "/redoc", "/openapi.json"):
        assert (await anybody.get(path)).status_code == 200, path


async def test_the_staff_member_is_known_by_the_key(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await staff.post(f"/api/orders/{order['id']}/confirm")
    cooking = await staff.post(f"/api/orders/{order['id']}/cook")

    assert cooking.json()["cookedBy"] == "mario"


def test_each_key_belongs_to_somebody() -> None:
    keys = StaffKeys({"key-of-mario": "mario", "key-of-luigi": "luigi"})

    assert [member and member.id for member in map(keys.find, ("key-of-luigi", "key-of-mario", "key-of", ""))] == [
        "luigi",
        "mario",
        None,
        None,
    ]
    assert keys.generated is None


def test_without_a_key_one_is_made() -> None:
    keys = StaffKeys({})

    assert keys.generated is not None
    assert len(keys.generated) >= 32
    assert keys.find(keys.generated) is not None
    assert keys.find("") is None
    assert StaffKeys({}).generated != keys.generated


@pytest.mark.parametrize("token", ["", "x", "é" * 43])
def test_a_made_up_token_is_refused(token: str) -> None:
    assert not OrderTokens(b"secret").verify("order-1", token)


def test_a_token_fits_one_order_and_one_secret() -> None:
    tokens = OrderTokens(b"secret")
    token = tokens.issue("order-1")

    assert tokens.verify("order-1", token)
    assert not tokens.verify("order-2", token)
    assert not OrderTokens(b"another").verify("order-1", token)
