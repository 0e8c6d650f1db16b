"""Points over HTTP: earned, redeemed, given back."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.app.orders import a_phone, a_request, moved, placed, problem
from tests.app.test_customers import found
from tests.waiting import eventually

TOTAL = 2 * (1699 + 120) + 1349
EARNED = TOTAL // 100
VALUE = 5


async def customer_with_points(staff: httpx.AsyncClient, phone: str, *moves: str) -> dict[str, Any]:
    """Their first order, confirmed, and moved on like this."""
    order = await placed(staff, customer={"name": "Ada", "phone": phone})
    await moved(staff, order["id"], "confirm", *moves)
    await eventually(lambda: has_points(staff, phone, EARNED))
    return order


async def has_points(staff: httpx.AsyncClient, phone: str, balance: int) -> bool:
    return bool((await points(staff, phone))["balance"] == balance)


async def points(staff: httpx.AsyncClient, phone: str, **page: Any) -> dict[str, Any]:
    customer = await found(staff, phone)
    body: dict[str, Any] = (await staff.get(f"/api/customers/{customer['id']}/points", params=page)).json()
    return body


def paid_with(points: int, phone: str) -> dict[str, Any]:
    return a_request(customer={"name": "Ada", "phone": phone}, redeemPoints=points)


async def test_a_confirmed_order_earns_a_point_for_each_whole_unit(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    order = await customer_with_points(staff, phone)

    (movement,) = (await points(staff, phone))["movements"]
    assert movement.items() >= {"orderId": order["id"], "kind": "earned", "points": EARNED}.items()


async def test_points_pay_for_a_part_of_the_next_order(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    await customer_with_points(staff, phone)

    response = await staff.post("/api/orders", json=paid_with(40, phone))

    assert response.status_code == 201
    order = response.json()
    assert (order["discount"], order["pointsRedeemed"]) == (40 * VALUE, 40)
    assert order["totalAmount"] == TOTAL - 40 * VALUE
    assert (await points(staff, phone))["balance"] == EARNED - 40
    read = (await staff.get(f"/api/orders/{order['id']}")).json()
    assert (read["discount"], read["totalAmount"]) == (200, TOTAL - 200)


async def test_an_order_without_points_has_no_discount(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    assert (order["discount"], order["pointsRedeemed"], order["totalAmount"]) == (0, 0, TOTAL)


async def test_a_cancelled_order_gives_back_what_it_took_and_loses_what_it_earned(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    await customer_with_points(staff, phone)
    order = (await staff.post("/api/orders", json=paid_with(40, phone))).json()
    await moved(staff, order["id"], "confirm", "cancel")

    async def is_settled() -> bool:
        return len((await points(staff, phone))["movements"]) == 5

    await eventually(is_settled)
    assert (await points(staff, phone))["balance"] == EARNED
    kinds = [m["kind"] for m in (await points(staff, phone))["movements"]]
    assert sorted(kinds) == ["earned", "earned", "given_back", "redeemed", "taken_back"]


async def test_movements_come_in_pages(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    order = await customer_with_points(staff, phone)
    await moved(staff, order["id"], "cancel")
    await eventually(lambda: has_points(staff, phone, 0))

    first = await points(staff, phone, limit=1)
    second = await points(staff, phone, limit=1, cursor=first["nextCursor"])

    assert [m["kind"] for m in first["movements"] + second["movements"]] == ["taken_back", "earned"]
    assert second["nextCursor"] is None


async def test_nobody_redeems_more_than_there_is_however_many_ask_at_once(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    await customer_with_points(staff, phone)

    answers = await asyncio.gather(*(staff.post("/api/orders", json=paid_with(20, phone)) for _ in range(8)))

    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(answers) - len(refused) == EARNED // 20
    for answer in refused:
        assert problem(answer, 409, "not_enough_points")["parameter"] == "/redeemPoints"
    assert (await points(staff, phone))["balance"] == EARNED % 20


async def test_points_beyond_the_total_are_refused_and_kept(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    refusal = problem(await staff.post("/api/orders", json=paid_with(TOTAL, phone)), 422, "invalid_order")
    assert refusal["parameter"] == "/redeemPoints"


@pytest.mark.parametrize("wrong", [-1, 1.5, "7", None])
async def test_what_is_no_number_of_points_is_refused(staff: httpx.AsyncClient, wrong: object) -> None:
    refusal = problem(await staff.post("/api/orders", json=a_request(redeemPoints=wrong)), 422, "invalid_request")
    assert refusal["parameter"] == "/redeemPoints"


async def test_a_repeated_request_redeems_once(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    await customer_with_points(staff, phone)
    request, key = paid_with(EARNED, phone), {"Idempotency-Key": f"points-{phone}"}

    first = await staff.post("/api/orders", json=request, headers=key)
    again = await staff.post("/api/orders", json=request, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["id"] == again.json()["id"]
    problem(await staff.post("/api/orders", json=paid_with(1, phone), headers=key), 422, "idempotency_key_reused")


async def test_nobody_pays_with_the_points_of_a_stranger(anybody: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    await customer_with_points(staff, phone)
    in_their_name = await placed(anybody, customer={"name": "Eve", "phone": phone})

    for headers in ({}, {"X-API-Key": "no-such-key"}, {"X-Order-Token": in_their_name["token"]}):
        response = await anybody.post("/api/orders", json=paid_with(1, phone), headers=headers)
        problem(response, 409, "points_not_yours")
    assert (await points(staff, phone))["balance"] == EARNED


async def test_a_customer_pays_with_points_by_the_token_of_an_order_that_was_received(
    anybody: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    phone = a_phone()
    received = await customer_with_points(staff, phone, "cook", "ready", "collect")

    response = await anybody.post(
        "/api/orders", json=paid_with(10, phone), headers={"X-Order-Token": received["token"]}
    )

    assert response.status_code == 201
    assert response.json()["discount"] == 10 * VALUE
