"""Versions, repeats and pages: ETags, If-Match, Idempotency-Key, cursors."""

import asyncio

import httpx
import pytest

from tests.app.orders import a_phone, a_request, moved, placed, problem


async def test_a_move_on_the_current_version_is_made(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    response = await staff.post(f"/api/orders/{order['id']}/confirm", headers={"If-Match": '"1"'})

    assert response.status_code == 200
    assert response.headers["etag"] == '"2"'


@pytest.mark.parametrize("move", ["confirm", "cook", "ready", "dispatch", "deliver", "collect", "cancel"])
async def test_a_move_on_a_stale_version_is_refused_and_changes_nothing(staff: httpx.AsyncClient, move: str) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "confirm")
    response = await staff.post(f"/api/orders/{order['id']}/{move}", headers={"If-Match": '"1"'})

    problem(response, 412, "stale_version")
    assert (await staff.get(f"/api/orders/{order['id']}")).json()["version"] == 2


async def test_any_version_will_do_for_a_star(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    response = await staff.post(f"/api/orders/{order['id']}/confirm", headers={"If-Match": "*"})
    assert response.status_code == 200


@pytest.mark.parametrize("value", ["1", '"one"', 'W/"1"', '"0"', '"-1"', '""', '"1", "2"', '"99999999999999999999"'])
async def test_a_precondition_that_is_no_etag_is_refused(staff: httpx.AsyncClient, value: str) -> None:
    order = await placed(staff)
    response = await staff.post(f"/api/orders/{order['id']}/confirm", headers={"If-Match": value})

    assert problem(response, 400, "malformed_precondition")["parameter"] == "If-Match"
    assert (await staff.get(f"/api/orders/{order['id']}")).json()["status"] == "pending"


async def test_of_many_racing_moves_on_one_version_one_wins(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    path, condition = f"/api/orders/{order['id']}/confirm", {"If-Match": '"1"'}
    answers = await asyncio.gather(*(staff.post(path, headers=condition) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9


@pytest.mark.parametrize("known", ['"1"', 'W/"1"', '"7", "1"', "*"])
async def test_an_order_that_the_client_has_is_not_sent_again(staff: httpx.AsyncClient, known: str) -> None:
    order = await placed(staff)
    response = await staff.get(f"/api/orders/{order['id']}", headers={"If-None-Match": known})

    assert response.status_code == 304
    assert response.content == b""
    assert response.headers["etag"] == '"1"'


async def test_an_order_that_has_changed_is_sent(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "confirm")
    response = await staff.get(f"/api/orders/{order['id']}", headers={"If-None-Match": '"1"'})

    assert response.status_code == 200
    assert response.json()["status"] == "confirmed"


async def test_a_repeat_returns_the_first_order(anybody: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    request = a_request(customer={"name": "Ada", "phone": phone})
    key = {"Idempotency-Key": f"key-{phone}"}
    first = await anybody.post("/api/orders", json=request, headers=key)
    again = await anybody.post("/api/orders", json=request, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert len((await staff.get("/api/orders", params={"phone": phone})).json()["items"]) == 1


async def test_racing_repeats_make_one_order(anybody: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": f"key-{a_phone()}"}
    answers = await asyncio.gather(*(anybody.post("/api/orders", json=a_request(), headers=key) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_a_key_belongs_to_one_request(anybody: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": f"key-{a_phone()}"}
    await anybody.post("/api/orders", json=a_request(), headers=key)
    response = await anybody.post("/api/orders", json=a_request(notes="And hurry"), headers=key)

    problem(response, 422, "idempotency_key_reused")


async def test_pages_hold_every_order_once_the_newest_first(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    orders = [await placed(staff, customer={"name": "Ada", "phone": phone}) for _ in range(7)]
    seen: list[str] = []
    sizes: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        wanted = {"phone": phone, "limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await staff.get("/api/orders", params=wanted)).json()
        seen += [order["id"] for order in page["items"]]
        sizes.append(len(page["items"]))
        cursor = page["nextCursor"]

    assert sizes == [3, 3, 1]
    assert seen == sorted((order["id"] for order in orders), reverse=True)


async def test_a_page_that_is_just_full_is_the_last(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    for _ in range(2):
        await placed(staff, customer={"name": "Ada", "phone": phone})
    page = (await staff.get("/api/orders", params={"phone": phone, "limit": 2})).json()

    assert len(page["items"]) == 2
    assert page["nextCursor"] is None


async def test_orders_are_found_by_status_time_and_phone(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    customer = {"name": "Ada", "phone": phone}
    first, second = await placed(staff, customer=customer), await placed(staff, customer=customer)
    await moved(staff, second["id"], "confirm")

    async def found(**wanted: str) -> list[str]:
        page = await staff.get("/api/orders", params={"phone": phone} | wanted)
        return [order["id"] for order in page.json()["items"]]

    assert await found() == [second["id"], first["id"]]
    assert await found(status="confirmed") == [second["id"]]
    assert await found(status="delivered") == []
    assert await found(to=first["placedAt"]) == []
    assert await found(to="0001-01-01T00:00:00Z") == []
    assert await found(**{"from": "0001-01-01T00:00:00Z"}) == [second["id"], first["id"]]
    assert await found(**{"from": "9999-12-31T23:59:59Z"}) == []
    assert await found(**{"from": first["placedAt"]}) == [second["id"], first["id"]]


async def test_a_phone_is_found_however_it_is_written(staff: httpx.AsyncClient) -> None:
    phone = a_phone()
    order = await placed(staff, customer={"name": "Ada", "phone": f"{phone[:3]} ({phone[3:6]}) {phone[6:]}"})
    page = (await staff.get("/api/orders", params={"phone": f"{phone[:6]}-{phone[6:]}"})).json()

    assert [found["id"] for found in page["items"]] == [order["id"]]


async def test_a_menu_is_replaced_on_the_version_that_was_read(staff: httpx.AsyncClient) -> None:
    read = await staff.get("/api/menu")
    menu = {name: value for name, value in read.json().items() if name != "version"}
    dearer = menu | {"toppings": [*menu["toppings"], {"id": "truffle", "name": "Truffle", "price": 900}]}
    first = await staff.put("/api/menu", json=dearer, headers={"If-Match": read.headers["etag"]})
    second = await staff.put("/api/menu", json=menu, headers={"If-Match": read.headers["etag"]})

    assert first.status_code == 200
    assert first.json()["version"] == read.json()["version"] + 1
    problem(second, 412, "stale_version")
    assert (await staff.get("/api/menu")).json()["toppings"][-1]["id"] == "truffle"
    item = {"pizza": "marinara", "size": "small", "quantity": 1, "extraToppings": ["truffle"]}
    assert (await placed(staff, items=[item]))["totalAmount"] == 999 + 900
