"""Payments over HTTP, and what follows from them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.orders import moved, placed, problem
from tests.app.serving import serving
from tests.sinks import Sink
from tests.waiting import eventually

TOTAL = 2 * (1699 + 120) + 1349


def a_payment(**changes: Any) -> dict[str, Any]:
    return {"amount": 1000, "currency": "USD", "method": "cash"} | changes


async def pay(staff: httpx.AsyncClient, order_id: str, key: str | None = None, **changes: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return await staff.post(f"/api/orders/{order_id}/payments", json=a_payment(**changes), headers=headers)


async def trail(staff: httpx.AsyncClient, order_id: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = (await staff.get(f"/api/orders/{order_id}/events")).json()["items"]
    return events


async def test_a_new_order_says_what_is_due(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    assert (order["paid"], order["due"], order["overpaid"]) == (0, TOTAL, 0)


async def test_parts_add_up_and_what_is_too_much_is_shown(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    part = await pay(staff, order["id"], amount=TOTAL - 500)
    rest = await pay(staff, order["id"], amount=700, method="terminal", paymentId="T-1")

    assert part.status_code == rest.status_code == 200
    assert (part.json()["paid"], part.json()["due"], part.json()["overpaid"]) == (TOTAL - 500, 500, 0)
    assert (rest.json()["paid"], rest.json()["due"], rest.json()["overpaid"]) == (TOTAL + 200, 0, 200)
    assert rest.headers["etag"] == '"3"'


@pytest.mark.parametrize("named", [{"paymentId": "T-1"}, {"key": "till-7-42"}])
async def test_a_repeat_is_one_payment(staff: httpx.AsyncClient, named: dict[str, str]) -> None:
    order = await placed(staff)
    answers = [await pay(staff, order["id"], **named) for _ in range(3)]

    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["paid"] for answer in answers] == [1000, 1000, 1000]
    assert answers[-1].json()["version"] == 2


async def test_what_was_paid_is_listed_for_the_staff_alone(
    staff: httpx.AsyncClient, anybody: httpx.AsyncClient
) -> None:
    order = await placed(staff)
    address = f"/api/orders/{order['id']}/payments"
    assert (await staff.get(address)).json() == {"items": []}
    await pay(staff, order["id"], amount=500, paymentId="T-1", method="terminal")
    await pay(staff, order["id"], amount=700)

    first, second = (await staff.get(address)).json()["items"]
    assert first.pop("receivedAt") <= second.pop("receivedAt")
    assert first == {"paymentId": "T-1", "amount": 500, "currency": "USD", "method": "terminal"}
    assert (second["amount"], second["method"]) == (700, "cash")
    problem(await anybody.get(address, headers={"X-Order-Token": order["token"]}), 403, "forbidden")
    problem(await staff.get("/api/orders/nobody/payments"), 404, "not_found")


async def test_payments_without_a_name_are_payments_of_their_own(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await pay(staff, order["id"])
    assert (await pay(staff, order["id"])).json()["paid"] == 2000


async def test_ten_payments_at_once_are_all_counted(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    answers = await asyncio.gather(*(pay(staff, order["id"], amount=100) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    assert (await staff.get(f"/api/orders/{order['id']}")).json()["paid"] == 1000


async def test_refusals_name_what_is_wrong_and_change_nothing(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await pay(staff, order["id"], paymentId="T-1")

    currency = problem(await pay(staff, order["id"], currency="EUR"), 422, "wrong_currency")
    reused = problem(await pay(staff, order["id"], paymentId="T-1", amount=999), 422, "payment_id_reused")
    assert (currency["parameter"], reused["parameter"]) == ("/currency", "/paymentId")
    for wrong in ({"amount": 0}, {"amount": 1.5}, {"amount": "1"}, {"method": "shells"}, {"currency": "usd"}):
        answer = problem(await pay(staff, order["id"], **wrong), 422, "invalid_request")
        assert answer["parameter"] == "/" + next(iter(wrong))
    problem(await pay(staff, order["id"], key="one two"), 422, "invalid_request")
    problem(await pay(staff, "no-such-order"), 404, "not_found")
    assert (await staff.get(f"/api/orders/{order['id']}")).json()["paid"] == 1000


async def test_a_cancelled_order_takes_no_money(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "cancel")
    problem(await pay(staff, order["id"]), 409, "order_cancelled")


async def test_only_the_staff_takes_money(anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    problem(await pay(anybody, order["id"]), 401, "unauthorized")


async def test_cancelling_a_paid_order_asks_once_for_its_money_back(tmp_path: Path) -> None:
    async with Sink() as sink:
        with serving(tmp_path, cloudevents_sink=sink.url) as pizzeria:
            async with pizzeria.staff() as staff:
                order = await placed(staff)
                await pay(staff, order["id"], amount=1000)
                await pay(staff, order["id"], amount=234)
                cancelled = await moved(staff, order["id"], "cancel")
                again = await staff.post(f"/api/orders/{order['id']}/cancel")
                await eventually(lambda: len(sink.ids_of(order["id"])) == 5)

    problem(again, 409, "illegal_move")
    assert (cancelled["paid"], cancelled["due"], cancelled["overpaid"]) == (1234, 0, 1234)
    told: list[tuple[str, Any]] = [
        (event.get_type().removeprefix("com.mariopizzeria."), event.get_data())
        for event in sink.events
        if event.get_subject() == order["id"]
    ]
    assert [kind for kind, _ in told] == [
        "order.placed.v1",
        "order.payment-received.v1",
        "order.payment-received.v1",
        "order.cancelled.v1",
        "order.refund-requested.v1",
    ]
    assert told[1][1] | {"receivedTime": None, "paymentId": None} == {
        "orderId": order["id"],
        "receivedTime": None,
        "paymentId": None,
        "paymentMethod": "cash",
        "amount": 1000,
        "currency": "USD",
        "paidAmount": 1000,
        "dueAmount": TOTAL - 1000,
    }
    assert (told[4][1]["amount"], told[4][1]["currency"]) == (1234, "USD")


@pytest.fixture
async def prepaid(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    with serving(tmp_path, confirm="when_paid") as pizzeria:
        async with pizzeria.staff() as staff:
            yield staff


async def test_an_order_that_is_paid_in_full_confirms_itself_once(prepaid: httpx.AsyncClient) -> None:
    order = await placed(prepaid)
    await asyncio.gather(*(pay(prepaid, order["id"], amount=TOTAL // 2 + 1) for _ in range(4)))

    async def types() -> list[str]:
        return [event["type"] for event in await trail(prepaid, order["id"])]

    async def is_confirmed() -> bool:
        return "OrderConfirmed" in await types()

    await eventually(is_confirmed)
    await moved(prepaid, order["id"], "cook", "ready", "collect")
    late = await pay(prepaid, order["id"], amount=1)

    async def has_all() -> bool:
        return len(await types()) == int(late.json()["version"])

    await eventually(has_all)
    assert (await types()).count("OrderConfirmed") == 1


async def test_an_order_that_is_paid_in_part_waits(prepaid: httpx.AsyncClient) -> None:
    part, whole = await placed(prepaid), await placed(prepaid)
    await pay(prepaid, part["id"], amount=TOTAL - 1)
    await pay(prepaid, whole["id"], amount=TOTAL)

    async def is_confirmed() -> bool:
        return bool((await prepaid.get(f"/api/orders/{whole['id']}")).json()["status"] == "confirmed")

    await eventually(is_confirmed)
    assert (await prepaid.get(f"/api/orders/{part['id']}")).json()["status"] == "pending"


async def test_where_that_is_wished_an_order_confirms_itself_at_once(tmp_path: Path) -> None:
    with serving(tmp_path, confirm="at_once") as pizzeria:
        async with pizzeria.staff() as staff:
            order = await placed(staff)

            async def is_confirmed() -> bool:
                return bool((await staff.get(f"/api/orders/{order['id']}")).json()["status"] == "confirmed")

            await eventually(is_confirmed)


async def test_one_that_was_confirmed_or_cancelled_by_hand_is_left_alone(prepaid: httpx.AsyncClient) -> None:
    confirmed, cancelled = await placed(prepaid), await placed(prepaid)
    await moved(prepaid, confirmed["id"], "confirm")
    await pay(prepaid, confirmed["id"], amount=TOTAL)
    await pay(prepaid, cancelled["id"], amount=TOTAL)
    await prepaid.post(f"/api/orders/{cancelled['id']}/cancel")

    async def all_told() -> bool:
        return len(await trail(prepaid, confirmed["id"])) == 3

    await eventually(all_told)
    assert (await prepaid.get("/api/dead-letters")).json()["items"] == []
