"""Orders as clients send them."""

import copy
import itertools
from typing import Any

import httpx

PICKUP: dict[str, Any] = {"type": "pickup"}
DELIVERY: dict[str, Any] = {
    "type": "delivery",
    "address": {"street": "Via Roma 1", "city": "Firenze", "postalCode": "50123"},
}
_numbers = itertools.count(1_000_000)


def a_phone() -> str:
    """A number that no other test uses."""
    return f"+39055{next(_numbers)}"


def a_request(**changes: Any) -> dict[str, Any]:
    """A good order of three pizzas; keywords replace its parts."""
    request: dict[str, Any] = {
        "customer": {"name": "Ada Rossi", "phone": "+39 055 123 4567", "email": "ada@example.com"},
        "fulfilment": PICKUP,
        "items": [
            {"pizza": "margherita", "size": "large", "quantity": 2, "extraToppings": ["olives"]},
            {"pizza": "diavola", "size": "small", "quantity": 1},
        ],
        "notes": "Ring twice",
    }
    return copy.deepcopy(request | changes)


async def placed(client: httpx.AsyncClient, **changes: Any) -> dict[str, Any]:
    """Place an order and return the answer's body."""
    response = await client.post("/api/orders", json=a_request(**changes))
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


async def moved(staff: httpx.AsyncClient, order_id: str, *moves: str) -> dict[str, Any]:
    """Make these moves in turn and return the order as the last one left it."""
    body: dict[str, Any] = {}
    for move in moves:
        response = await staff.post(f"/api/orders/{order_id}/{move}")
        assert response.status_code == 200, response.text
        body = response.json()
    return body


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check that the answer is this problem, whole and well labelled, and return it."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"] == f"urn:mariopizzeria:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert body["requestId"] == response.headers["x-request-id"]
    return body
