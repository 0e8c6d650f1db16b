"""Customers over HTTP: found by their number, put right, exported, erased."""

from typing import Any

import httpx
import pytest

from tests.app.orders import DELIVERY, a_phone, moved, placed, problem
from tests.waiting import eventually

CHANGES: dict[str, Any] = {
    "name": "Ada Bianchi",
    "email": "ada@example.org",
    "addresses": [{"street": "Via Dante 2", "city": "Firenze", "postalCode": "50124"}],
    "language": "de-AT",
    "notifications": {"email": True, "sms": False},
}


async def known(staff: httpx.AsyncClient, phone: str, **customer: Any) -> dict[str, Any]:
    """The customer of this number, after a first delivery that was cancelled."""
    order = await placed(staff, customer={"name": "Ada Rossi", "phone": phone, **customer}, fulfilment=DELIVERY)
    await moved(staff, order["id"], "cancel")
    return await found(staff, phone)


async def found(staff: httpx.AsyncClient, phone: str) -> dict[str, Any]:
    async def is_there() -> bool:
        return bool((await staff.get("/api/customers", params={"phone": phone})).json()["items"])

    await eventually(is_there)
    (customer,) = (await staff.get("/api/customers", params={"phone": phone})).json()["items"]
    body: dict[str, Any] = customer
    return body


async def test_a_first_order_makes_a_customer(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    order = await placed(staff, customer={"name": "Ada Rossi", "phone": phone}, fulfilment=DELIVERY)

    customer = await found(staff, phone)
    response = await staff.get(f"/api/customers/{customer['id']}")

    assert response.json() == customer
    assert response.headers["etag"] == f'"{customer["version"]}"'
    assert (customer["name"], customer["phone"], customer["email"]) == ("Ada Rossi", phone, None)
    assert customer["addresses"] == [DELIVERY["address"]]
    assert customer["notifications"] == {"email": True, "sms": True}
    assert customer["firstOrderAt"] == customer["lastOrderAt"] == order["placedAt"]
    assert phone.lstrip("+") not in customer["id"]


async def test_nobody_is_found_under_an_unknown_number(staff: httpx.AsyncClient) -> None:
    assert (await staff.get("/api/customers", params={"phone": a_phone()})).json() == {"items": []}
    problem(await staff.get("/api/customers"), 422, "invalid_request")
    for method, path in (
        ("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/orders"), ("GET", "/points"), ("GET", "/export"),
    ):  # fmt: skip
        body = CHANGES if method == "PUT" else None
        problem(await staff.request(method, f"/api/customers/nobody{path}", json=body), 404, "not_found")


async def test_the_staff_puts_a_profile_right(staff: httpx.AsyncClient) -> None:
    customer = await known(staff, a_phone())
    path = f"/api/customers/{customer['id']}"

    response = await staff.put(path, json=CHANGES, headers={"If-Match": f'"{customer["version"]}"'})

    assert response.status_code == 200
    assert response.json().items() >= CHANGES.items()
    assert response.json()["version"] == customer["version"] + 1
    assert response.headers["etag"] == f'"{customer["version"] + 1}"'
    assert (await staff.get(path)).json() == response.json()
    problem(await staff.put(path, json=CHANGES, headers={"If-Match": '"1"'}), 412, "stale_version")


@pytest.mark.parametrize(
    ("parameter", "change"),
    [
        ("/language", {"language": "Deutsch!"}),
        ("/email", {"email": "nowhere"}),
        ("/name", {"name": " "}),
        ("/phone", {"phone": "+390551"}),
        ("/notifications/sms", {"notifications": {"sms": "yes"}}),
        ("/addresses", {"addresses": CHANGES["addresses"] * 6}),
    ],
)
async def test_what_makes_no_profile_is_refused_and_changes_nothing(
    staff: httpx.AsyncClient, parameter: str, change: dict[str, Any]
) -> None:
    customer = await known(staff, a_phone())
    path = f"/api/customers/{customer['id']}"

    refusal = problem(await staff.put(path, json=CHANGES | change), 422, "invalid_request")

    assert refusal["parameter"] == parameter
    assert (await staff.get(path)).json() == customer


async def test_the_order_history_comes_in_pages_the_newest_first(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    orders = [(await placed(staff, customer={"name": "Ada", "phone": phone}))["id"] for _ in range(3)]
    path = f"/api/customers/{(await found(staff, phone))['id']}/orders"

    first = (await staff.get(path, params={"limit": 2})).json()
    second = (await staff.get(path, params={"limit": 2, "cursor": first["nextCursor"]})).json()

    assert [order["id"] for order in first["items"] + second["items"]] == orders[::-1]
    assert second["nextCursor"] is None


async def test_an_export_holds_all_that_is_kept_of_a_person(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    order = await placed(staff, customer={"name": "Ada Rossi", "phone": phone}, notes="Ring twice")
    await moved(staff, order["id"], "confirm")
    customer = await found(staff, phone)
    path = f"/api/customers/{customer['id']}/export"

    async def is_complete() -> bool:
        export = (await staff.get(path)).json()
        return len(export["events"]) == 3 and bool(export["points"]["movements"])

    await eventually(is_complete)
    export = (await staff.get(path)).json()
    assert export["customer"] == customer
    assert [found["id"] for found in export["orders"]] == [order["id"]]
    assert export["orders"][0]["notes"] == "Ring twice"
    assert [event["type"] for event in export["events"]] == ["CustomerRegistered", "OrderPlaced", "OrderConfirmed"]
    assert export["events"][1]["data"]["customerPhone"] == phone
    assert export["points"]["balance"] == order["totalAmount"] // 100


async def test_an_erased_person_is_gone_and_the_orders_stay(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    customer = await known(staff, phone, email="ada@example.com")
    path = f"/api/customers/{customer['id']}"
    (order,) = (await staff.get(f"{path}/orders")).json()["items"]

    assert (await staff.delete(path, headers={"If-Match": f'"{customer["version"]}"'})).status_code == 204

    problem(await staff.get(path), 404, "not_found")
    assert (await staff.get("/api/customers", params={"phone": phone})).json() == {"items": []}

    async def is_forgotten() -> bool:
        state = (await staff.get(f"/api/orders/{order['id']}")).json()
        return bool(state["customer"] == {"name": "", "phone": "", "email": None})

    await eventually(is_forgotten)
    left = (await staff.get(f"/api/orders/{order['id']}")).json()
    assert (left["totalAmount"], left["fulfilment"]) == (order["totalAmount"], {"type": "delivery", "address": None})
    assert phone not in (await staff.get(f"/api/orders/{order['id']}/events")).text
    assert (await staff.delete(path)).status_code == 204

    again = await placed(staff, customer={"name": "Bea", "phone": phone})
    fresh = await found(staff, phone)
    assert (fresh["name"], fresh["email"], fresh["addresses"]) == ("Bea", None, [])
    assert fresh["firstOrderAt"] == again["placedAt"]


async def test_a_person_with_an_order_under_way_is_not_erased(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    order = await placed(staff, customer={"name": "Ada", "phone": phone})
    customer = await found(staff, phone)

    refusal = problem(await staff.delete(f"/api/customers/{customer['id']}"), 409, "orders_under_way")

    assert order["id"] in refusal["detail"]
    assert (await staff.get(f"/api/customers/{customer['id']}")).json() == customer


async def test_only_the_staff_sees_customers(anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    for path in ("?phone=5551234", "/x", "/x/orders", "/x/points", "/x/export"):
        problem(await anybody.get(f"/api/customers{path}"), 401, "unauthorized")
        token = {"X-Order-Token": order["token"]}
        problem(await anybody.get(f"/api/customers{path}", headers=token), 403, "forbidden")
    problem(await anybody.delete("/api/customers/x"), 401, "unauthorized")
