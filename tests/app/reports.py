"""CloudEvents as others send them to us."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

import httpx

PAYMENT = "com.mariopizzeria.payment.received.v1"
COOKED = "com.mariopizzeria.kitchen.cooked.v1"
DELIVERED = "com.mariopizzeria.stock.delivered.v1"
POSITION = "com.mariopizzeria.driver.position.v1"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

_numbers = itertools.count(1)


def a_report(**changes: Any) -> dict[str, Any]:
    """A good report of a position, under an id of its own. None leaves an attribute out."""
    report = {
        "specversion": "1.0",
        "id": f"evt-{next(_numbers)}",
        "source": "/phones/7",
        "type": POSITION,
        "time": "2026-05-04T18:30:00Z",
        "datacontenttype": "application/json",
        "data": {"driverId": "gino", "latitude": 43.7696, "longitude": 11.2558, "at": "2026-05-04T18:30:00Z"},
    }
    return {name: value for name, value in (report | changes).items() if value is not None}


def a_payment_report(order_id: str, **data: Any) -> dict[str, Any]:
    facts = {"orderId": order_id, "amount": 1000, "currency": "USD", "method": "online", "paymentId": "ch_1"}
    return a_report(type=PAYMENT, source="/psp", data=facts | data)


async def send(client: httpx.AsyncClient, document: Any, content_type: str = STRUCTURED) -> httpx.Response:
    """In structured mode, or as a batch. Text goes as it is."""
    body = document if isinstance(document, str | bytes) else json.dumps(document)
    return await client.post("/api/events", content=body, headers={"content-type": content_type})


async def send_batch(client: httpx.AsyncClient, *documents: Any) -> httpx.Response:
    return await send(client, list(documents), BATCH)


def binary(report: Mapping[str, Any]) -> tuple[dict[str, str], bytes]:
    """The headers and the body of a report in binary mode."""
    attributes = {name: value for name, value in report.items() if name not in ("data", "datacontenttype")}
    headers = {f"ce-{name}": str(value) for name, value in attributes.items()}
    if "datacontenttype" in report:
        headers["content-type"] = report["datacontenttype"]
    return headers, json.dumps(report["data"]).encode() if "data" in report else b""
