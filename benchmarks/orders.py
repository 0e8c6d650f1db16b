"""The orders that are placed: plausible, alike in size, from a thousand customers."""

import json

from benchmarks.http1 import request

CUSTOMERS = 1_000


def order_body(customer: int) -> bytes:
    """Two lines, one with extra toppings, to be delivered."""
    return json.dumps(
        {
            "customer": {
                "name": f"Ada Rossi {customer}",
                "phone": f"+39055{customer:07d}",
                "email": f"ada{customer}@example.com",
            },
            "fulfilment": {
                "type": "delivery",
                "address": {"street": f"Via Roma {customer}", "city": "Firenze", "postalCode": "50123"},
            },
            "items": [
                {"pizza": "margherita", "size": "large", "quantity": 2, "extraToppings": ["olives", "mushrooms"]},
                {"pizza": "diavola", "size": "small", "quantity": 1},
            ],
            "notes": "Ring twice, please",
        },
        separators=(",", ":"),
    ).encode()


def posts() -> list[bytes]:
    """A request per customer."""
    return [request("POST", "/api/orders", order_body(customer)) for customer in range(CUSTOMERS)]


def gets(order_ids: list[str], *headers: str) -> list[bytes]:
    return [request("GET", f"/api/orders/{order_id}", b"", *headers) for order_id in order_ids]
