"""Drivers over HTTP: their orders, their tours, and what is refused."""

import asyncio
import itertools
from typing import Any

import httpx
import pytest

from tests.app.orders import DELIVERY, PICKUP, moved, placed, problem
from tests.waiting import eventually

_numbers = itertools.count(1)
RACES = 10


async def a_driver(staff: httpx.AsyncClient, name: str = "Luigi") -> str:
    """Register a driver whom no other test knows."""
    response = await staff.post("/api/drivers", json={"id": f"driver-{next(_numbers)}", "name": name})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def ready(staff: httpx.AsyncClient, count: int) -> list[str]:
    orders = [(await placed(staff, fulfilment=DELIVERY))["id"] for _ in range(count)]
    for order_id in orders:
        await moved(staff, order_id, "confirm", "cook", "ready")
    return orders


async def order(staff: httpx.AsyncClient, order_id: str) -> dict[str, Any]:
    body: dict[str, Any] = (await staff.get(f"/api/orders/{order_id}")).json()
    return body


async def assigned(staff: httpx.AsyncClient, order_id: str, driver_id: str) -> dict[str, Any]:
    response = await staff.put(f"/api/orders/{order_id}/driver", json={"driver": driver_id})
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def sent_out(staff: httpx.AsyncClient, driver_id: str, *orders: str) -> httpx.Response:
    return await staff.post(f"/api/drivers/{driver_id}/tour", json={"orders": list(orders)})


async def stops(staff: httpx.AsyncClient, driver_id: str) -> dict[str, str] | None:
    tour = (await staff.get(f"/api/drivers/{driver_id}")).json()["tour"]
    return {stop["orderId"]: stop["status"] for stop in tour["stops"]} if tour else None


async def on_their_way(staff: httpx.AsyncClient, *orders: str) -> None:
    async def all_left() -> bool:
        return {(await order(staff, order_id))["status"] for order_id in orders} == {"delivering"}

    await eventually(all_left)


async def settled(staff: httpx.AsyncClient, driver_id: str, expected: dict[str, str] | None) -> None:
    async def so_it_is() -> bool:
        return await stops(staff, driver_id) == expected

    await eventually(so_it_is)


async def test_a_driver_is_registered_read_listed_and_changed(staff: httpx.AsyncClient) -> None:
    response = await staff.post("/api/drivers", json={"id": "driver-a-zoe", "name": "Zoë"})
    assert response.status_code == 201
    assert (response.headers["location"], response.headers["etag"]) == ("/api/drivers/driver-a-zoe", '"1"')
    expected = {"id": "driver-a-zoe", "version": 1, "name": "Zoë", "active": True, "tour": None}
    assert response.json() == (await staff.get("/api/drivers/driver-a-zoe")).json() == expected

    changed = await staff.put(
        "/api/drivers/driver-a-zoe", json={"name": "Zoë R.", "active": False}, headers={"If-Match": '"1"'}
    )
    assert changed.json() == expected | {"version": 2, "name": "Zoë R.", "active": False}
    again = await staff.put(
        "/api/drivers/driver-a-zoe", json={"name": "X", "active": True}, headers={"If-Match": '"1"'}
    )
    problem(again, 412, "stale_version")
    taken = await staff.post("/api/drivers", json={"id": "driver-a-zoe", "name": "Another"})
    problem(taken, 409, "duplicate_id")


async def test_drivers_are_listed_a_page_at_a_time(staff: httpx.AsyncClient) -> None:
    ids = [await a_driver(staff) for _ in range(3)]
    found: list[str] = []
    page: dict[str, Any] = {"nextCursor": "driver-0"}
    while page["nextCursor"]:
        page = (await staff.get("/api/drivers", params={"limit": 2, "cursor": page["nextCursor"]})).json()
        found += [driver["id"] for driver in page["items"]]

    assert found == sorted(found)
    assert set(ids) <= set(found)


async def test_a_tour_of_three_stops_from_ready_to_the_last_delivery_ends_by_itself(staff: httpx.AsyncClient) -> None:
    driver, orders = await a_driver(staff), await ready(staff, 3)
    response = await sent_out(staff, driver, *orders)
    assert response.status_code == 201
    tour = response.json()["tour"]
    assert [(stop["number"], stop["orderId"], stop["status"]) for stop in tour["stops"]] == [
        (number, order_id, "open") for number, order_id in enumerate(orders, start=1)
    ]

    await on_their_way(staff, *orders)
    for stop in tour["stops"]:
        sent = await order(staff, stop["orderId"])
        assert (sent["driverId"], sent["driverName"], sent["carrier"]) == (driver, "Luigi", "Luigi")
        assert sent["trackingNumber"] == stop["trackingNumber"] == f"{tour['id']}-{stop['number']}"

    await moved(staff, orders[1], "deliver")
    await settled(staff, driver, {orders[0]: "open", orders[1]: "completed", orders[2]: "open"})
    await moved(staff, orders[0], "deliver")
    await moved(staff, orders[2], "deliver")
    await settled(staff, driver, None)


async def test_the_audit_trail_of_an_order_says_who_drove(staff: httpx.AsyncClient) -> None:
    driver, (order_id,) = await a_driver(staff), await ready(staff, 1)
    await sent_out(staff, driver, order_id)
    await on_their_way(staff, order_id)
    await moved(staff, order_id, "deliver")

    async def trail() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await staff.get(f"/api/orders/{order_id}/events")).json()["items"]
        return items

    async def is_whole() -> bool:
        return len(await trail()) == 7

    await eventually(is_whole)
    events = (await trail())[4:]
    assert [event["type"] for event in events] == ["OrderAssigned", "OrderShipped", "OrderDelivered"]
    assert {event["data"]["driverId"] for event in events} == {driver}


async def test_an_order_cancelled_in_between_is_dropped_and_the_tour_ends_without_it(staff: httpx.AsyncClient) -> None:
    driver, (kept, gone) = await a_driver(staff), await ready(staff, 2)
    await asyncio.gather(sent_out(staff, driver, kept, gone), staff.post(f"/api/orders/{gone}/cancel"))
    status = (await order(staff, gone))["status"]
    if status != "cancelled":  # it had left, and what is on its way cannot be cancelled
        await on_their_way(staff, kept, gone)
        await moved(staff, gone, "deliver")
    if await stops(staff, driver) is None:  # the cancellation came before the tour, which was refused
        await sent_out(staff, driver, kept)
    await on_their_way(staff, kept)
    await moved(staff, kept, "deliver")
    await settled(staff, driver, None)


async def test_an_order_taken_from_its_driver_is_anybodys_again(staff: httpx.AsyncClient) -> None:
    luigi, maria, (order_id,) = await a_driver(staff), await a_driver(staff, "Maria"), await ready(staff, 1)
    before = await assigned(staff, order_id, luigi)
    assert (before["driverId"], before["driverName"], before["version"]) == (luigi, "Luigi", 5)
    assert (await assigned(staff, order_id, luigi))["version"] == 5
    refused = await staff.put(f"/api/orders/{order_id}/driver", json={"driver": maria})
    assert "Luigi" in problem(refused, 409, "already_assigned")["detail"]

    freed = (await staff.delete(f"/api/orders/{order_id}/driver")).json()
    again = (await staff.delete(f"/api/orders/{order_id}/driver")).json()

    assert (freed["driverId"], freed["driverName"], freed["version"]) == (None, None, 6)
    assert again["version"] == 6
    assert (await assigned(staff, order_id, maria))["driverName"] == "Maria"


async def test_two_drivers_racing_for_one_order_get_one_winner(staff: httpx.AsyncClient) -> None:
    for _ in range(RACES):
        luigi, maria = await a_driver(staff), await a_driver(staff, "Maria")
        wanted, luigis, marias = await ready(staff, 3)
        answers = await asyncio.gather(sent_out(staff, luigi, luigis, wanted), sent_out(staff, maria, marias, wanted))

        assert sorted(answer.status_code for answer in answers) == [201, 409]
        won = answers.index(next(answer for answer in answers if answer.status_code == 201))
        refusal = problem(answers[1 - won], 409, "already_assigned")
        assert refusal["parameter"] == "/orders/1"
        winner, loser = (luigi, maria) if won == 0 else (maria, luigi)
        assert (await order(staff, wanted))["driverId"] == winner
        assert (await order(staff, (luigis, marias)[1 - won]))["driverId"] is None
        assert await stops(staff, loser) is None
        assert await stops(staff, winner) == {wanted: "open", (luigis, marias)[won]: "open"}


async def test_of_two_tours_for_one_driver_at_once_one_is_refused(staff: httpx.AsyncClient) -> None:
    for _ in range(RACES):
        driver, (one, other, both) = await a_driver(staff), await ready(staff, 3)
        answers = await asyncio.gather(sent_out(staff, driver, one, both), sent_out(staff, driver, other, both))

        assert sorted(answer.status_code for answer in answers) == [201, 409]
        won = answers.index(next(answer for answer in answers if answer.status_code == 201))
        problem(answers[1 - won], 409, "driver_on_tour")
        taken, left = (one, other) if won == 0 else (other, one)
        assert await stops(staff, driver) == {taken: "open", both: "open"}
        assert (await order(staff, left))["driverId"] is None


async def test_what_cannot_go_on_a_tour_is_named_and_nothing_changes(staff: httpx.AsyncClient) -> None:
    driver, maria, (good, marias) = await a_driver(staff), await a_driver(staff, "Maria"), await ready(staff, 2)
    await assigned(staff, marias, maria)
    pending = (await placed(staff, fulfilment=DELIVERY))["id"]
    pickup = (await placed(staff, fulfilment=PICKUP))["id"]
    for bad, status, code in (
        (marias, 409, "already_assigned"),
        (pending, 409, "illegal_move"),
        (pickup, 409, "not_a_delivery"),
        ("no-such-order", 422, "unknown_order"),
        (good, 422, "invalid_tour"),
    ):
        refusal = problem(await sent_out(staff, driver, good, bad), status, code)
        assert refusal["parameter"] == "/orders/1"
    assert await stops(staff, driver) is None
    assert (await order(staff, good))["driverId"] is None
    problem(await sent_out(staff, "driver-nobody", good), 404, "not_found")
    problem(await sent_out(staff, driver, *[f"o-{number}" for number in range(21)]), 422, "invalid_request")
    problem(await sent_out(staff, driver), 422, "invalid_request")


async def test_an_order_is_given_to_a_driver_only_while_that_makes_sense(staff: httpx.AsyncClient) -> None:
    driver, (leaving,) = await a_driver(staff), await ready(staff, 1)
    pending = (await placed(staff, fulfilment=DELIVERY))["id"]
    pickup = (await placed(staff, fulfilment=PICKUP))["id"]
    await moved(staff, leaving, "dispatch")

    async def refused(order_id: str, driver_id: str = driver) -> httpx.Response:
        return await staff.put(f"/api/orders/{order_id}/driver", json={"driver": driver_id})

    problem(await refused(pending), 409, "illegal_move")
    problem(await refused(leaving), 409, "illegal_move")
    problem(await refused(pickup), 409, "not_a_delivery")
    assert problem(await refused(pending, "driver-nobody"), 422, "unknown_driver")["parameter"] == "/driver"
    problem(await refused("no-such-order"), 404, "not_found")
    await moved(staff, pending, "confirm")
    stale = await staff.put(f"/api/orders/{pending}/driver", json={"driver": driver}, headers={"If-Match": '"1"'})
    problem(stale, 412, "stale_version")
    assert (await assigned(staff, pending, driver))["driverId"] == driver


async def test_what_is_on_its_way_stays_its_drivers(staff: httpx.AsyncClient) -> None:
    driver, (order_id,) = await a_driver(staff), await ready(staff, 1)
    await sent_out(staff, driver, order_id)
    await on_their_way(staff, order_id)
    problem(await staff.delete(f"/api/orders/{order_id}/driver"), 409, "illegal_move")
    busy = await staff.put(f"/api/drivers/{driver}", json={"name": "Luigi", "active": False})
    problem(busy, 409, "driver_on_tour")


async def test_who_is_off_duty_gets_nothing(staff: httpx.AsyncClient) -> None:
    driver, (order_id,) = await a_driver(staff), await ready(staff, 1)
    await staff.put(f"/api/drivers/{driver}", json={"name": "Luigi", "active": False})
    problem(await sent_out(staff, driver, order_id), 409, "driver_inactive")
    given = await staff.put(f"/api/orders/{order_id}/driver", json={"driver": driver})
    problem(given, 409, "driver_inactive")


async def test_orders_left_with_a_driver_who_never_left_go_with_his_next_tour(staff: httpx.AsyncClient) -> None:
    """As a crash between the orders and the tour leaves them."""
    driver, orders = await a_driver(staff), await ready(staff, 2)
    for order_id in orders:
        await assigned(staff, order_id, driver)
    assert await stops(staff, driver) is None

    assert (await sent_out(staff, driver, *orders)).status_code == 201
    await on_their_way(staff, *orders)


async def test_an_order_still_goes_by_hand_without_a_driver(staff: httpx.AsyncClient) -> None:
    (order_id,) = await ready(staff, 1)
    sent = await moved(staff, order_id, "dispatch")
    assert (sent["status"], sent["carrier"], sent["driverId"]) == ("delivering", "Mario's own drivers", None)
    assert (await moved(staff, order_id, "deliver"))["status"] == "delivered"


@pytest.mark.parametrize("bad", ["luigi", "driver-", "driver-Luigi", "driver-a b", "menu"])
async def test_a_driver_is_not_called_as_something_else_may_be(staff: httpx.AsyncClient, bad: str) -> None:
    refusal = problem(await staff.post("/api/drivers", json={"id": bad, "name": "Luigi"}), 422, "invalid_request")
    assert refusal["errors"][0]["parameter"] == "/id"


async def test_drivers_are_the_staffs_business(anybody: httpx.AsyncClient) -> None:
    problem(await anybody.get("/api/drivers"), 401, "unauthorized")
    problem(await anybody.delete("/api/orders/x/driver"), 401, "unauthorized")
    problem(await anybody.post("/api/drivers/driver-x/tour", json={"orders": ["x"]}), 401, "unauthorized")
