"""An order over HTTP, from placing it to the last bite."""

import httpx
import pytest

from tests.app.orders import DELIVERY, a_request, moved, placed
from tests.waiting import eventually


async def test_a_placed_order_says_where_it_is_and_what_it_costs(anybody: httpx.AsyncClient) -> None:
    response = await anybody.post("/api/orders", json=a_request())
    order = response.json()

    assert response.status_code == 201
    assert response.headers["location"] == f"/api/orders/{order['id']}"
    assert response.headers["etag"] == '"1"'
    assert order["status"] == "pending"
    assert order["customer"] == {"name": "Ada Rossi", "phone": "+390551234567", "email": "ada@example.com"}
    assert order["items"][0] == {
        "pizza": "margherita",
        "size": "large",
        "quantity": 2,
        "extraToppings": ["olives"],
        "unitPrice": 1699 + 120,
        "lineTotal": 2 * (1699 + 120),
    }
    assert order["totalAmount"] == 2 * (1699 + 120) + 1349
    assert order["currency"] == "USD"
    assert order["pizzaCount"] == 3
    assert order["openMoves"] == ["confirm", "cancel"]


async def test_a_customer_reads_the_order_with_its_token(anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    response = await anybody.get(f"/api/orders/{order['id']}", headers={"X-Order-Token": order["token"]})

    assert response.status_code == 200
    assert response.json() == {name: value for name, value in order.items() if name != "token"}


@pytest.mark.parametrize(
    ("fulfilment", "moves", "status"),
    [
        (DELIVERY, ("confirm", "cook", "ready", "dispatch", "deliver"), "delivered"),
        ({"type": "pickup"}, ("confirm", "cook", "ready", "collect"), "collected"),
        (DELIVERY, ("cancel",), "cancelled"),
        (DELIVERY, ("confirm", "cook", "ready", "cancel"), "cancelled"),
    ],
)
async def test_the_staff_walks_an_order_through_its_life(
    staff: httpx.AsyncClient, fulfilment: dict[str, object], moves: tuple[str, ...], status: str
) -> None:
    order = await placed(staff, fulfilment=fulfilment)
    finished = await moved(staff, order["id"], *moves)

    assert finished["status"] == status
    assert finished["version"] == 1 + len(moves)
    assert (await staff.get(f"/api/orders/{order['id']}")).json() == finished


async def test_each_step_leaves_its_time_and_its_hand(staff: httpx.AsyncClient) -> None:
    order = await placed(staff, fulfilment=DELIVERY)
    await moved(staff, order["id"], "confirm", "cook", "ready")
    sent = await staff.post(
        f"/api/orders/{order['id']}/dispatch", json={"trackingNumber": "MP-1", "carrier": "Firenze Express"}
    )
    done = await moved(staff, order["id"], "deliver")

    assert (sent.json()["trackingNumber"], sent.json()["carrier"]) == ("MP-1", "Firenze Express")
    assert done["cookedBy"] == "mario"
    steps = ["placedAt", "confirmedAt", "cookingStartedAt", "readyAt", "dispatchedAt", "deliveredAt"]
    times = [done[step] for step in steps]
    assert times == sorted(times)
    assert done["estimatedReadyTime"] > done["confirmedAt"]


async def test_a_customer_cancels_and_the_reason_is_kept(anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    response = await anybody.post(
        f"/api/orders/{order['id']}/cancel",
        headers={"X-Order-Token": order["token"]},
        json={"reason": "Changed my mind"},
    )

    assert response.status_code == 200
    assert response.json()["status"] == "cancelled"
    assert response.json()["cancelReason"] == "Changed my mind"
    assert response.headers["etag"] == '"2"'


async def test_a_cancellation_needs_no_reason(anybody: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    response = await anybody.post(f"/api/orders/{order['id']}/cancel", headers={"X-Order-Token": order["token"]})

    assert response.json()["cancelReason"] == "Cancelled by the customer"


async def test_the_audit_trail_tells_the_whole_life_in_order(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "confirm", "cook", "ready", "collect")

    async def trail() -> list[dict[str, object]]:
        items: list[dict[str, object]] = (await staff.get(f"/api/orders/{order['id']}/events")).json()["items"]
        return items

    async def is_complete() -> bool:
        return len(await trail()) == 5

    await eventually(is_complete)
    events = await trail()
    assert [event["version"] for event in events] == [1, 2, 3, 4, 5]
    assert [event["type"] for event in events] == [
        "OrderPlaced",
        "OrderConfirmed",
        "CookingStarted",
        "OrderReady",
        "OrderCollected",
    ]
    assert {event["aggregateId"] for event in events} == {order["id"]}
    assert len({event["id"] for event in events}) == 5


async def test_an_event_has_its_facts_in_camel_case(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)

    async def is_logged() -> bool:
        return bool((await staff.get(f"/api/orders/{order['id']}/events")).json()["items"])

    await eventually(is_logged)
    (event,) = (await staff.get(f"/api/orders/{order['id']}/events")).json()["items"]
    assert event["data"]["totalAmount"] == order["totalAmount"]
    assert event["data"]["customerName"] == "Ada Rossi"
    assert event["data"]["items"][0]["extraToppings"] == ["olives"]
    assert event["data"]["items"][0]["lineTotal"] == order["items"][0]["lineTotal"]
    assert "eventId" not in event["data"]


async def test_a_confirmed_order_gets_a_ticket_in_the_kitchen(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "confirm")

    async def ticket() -> dict[str, object] | None:
        tickets = (await staff.get("/api/kitchen/tickets?status=queued&limit=500")).json()["items"]
        return next((ticket for ticket in tickets if ticket["orderId"] == order["id"]), None)

    async def is_there() -> bool:
        return await ticket() is not None

    await eventually(is_there)
    found = await ticket()
    assert found is not None
    assert found["pizzaCount"] == 3
    assert found["notes"] == "Ring twice"


async def test_the_kitchen_tells_its_load(staff: httpx.AsyncClient) -> None:
    before = (await staff.get("/api/kitchen")).json()
    order = await placed(staff)
    await moved(staff, order["id"], "confirm")
    queued = (await staff.get("/api/kitchen")).json()
    await moved(staff, order["id"], "cook")
    cooking = (await staff.get("/api/kitchen")).json()

    assert queued["queued"] == before["queued"] + 1
    assert (cooking["queued"], cooking["cooking"]) == (before["queued"], before["cooking"] + 1)
    assert cooking["capacity"] == 500
