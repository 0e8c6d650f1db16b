"""Health and metrics."""

import re
from pathlib import Path

import httpx

from tests.app.orders import a_request, placed
from tests.app.serving import serving
from tests.sinks import Reply, Sink
from tests.waiting import eventually


async def test_a_service_that_works_is_ready(anybody: httpx.AsyncClient) -> None:
    async def is_settled() -> bool:
        return bool((await anybody.get("/health/ready")).json()["backlog"]["documents"] == 0)

    await eventually(is_settled)
    response = await anybody.get("/health/ready")

    assert response.status_code == 200
    assert response.json() == {
        "status": "ready",
        "reasons": [],
        "store": {"ready": True, "name": "sqlite", "error": None, "clockSkewSeconds": 0.0},
        "backlog": {
            "ready": True,
            "documents": 0,
            "oldestSeconds": 0.0,
            "deadLetters": 0,
            "pausedHandlers": [],
            "failingHandlers": [],
            "waitingByHandler": {},
            "leasesLost": 0,
        },
    }
    assert (await anybody.get("/health/live")).json() == {"status": "alive"}


async def test_a_backlog_that_is_too_old_is_told_until_it_is_gone_while_orders_are_taken(tmp_path: Path) -> None:
    async with Sink() as sink:
        sink.behaviour = Reply(503)
        with serving(tmp_path, cloudevents_sink=sink.url, backlog_max_age_seconds=0.5) as pizzeria:
            async with pizzeria.anybody() as client:
                await placed(client)

                async def is_told() -> bool:
                    return bool((await client.get("/health/ready")).json()["backlog"]["ready"] is False)

                await eventually(is_told)
                response = await client.get("/health/ready")
                body = response.json()
                assert (response.status_code, body["status"]) == (200, "degraded")
                assert body["store"]["ready"] is True
                assert body["backlog"]["ready"] is False
                assert body["backlog"]["documents"] in (1, 2)  # the order, and by and by its customer
                assert body["backlog"]["oldestSeconds"] > 0.5

                async def is_paused() -> bool:
                    for _ in range(5):
                        await placed(client)
                    backlog = (await client.get("/health/ready")).json()["backlog"]
                    return bool(backlog["pausedHandlers"] == ["CloudEventsHandler"])

                await eventually(is_paused)
                sink.behaviour = Reply(202)

                async def is_ready() -> bool:
                    return bool((await client.get("/health/ready")).json()["status"] == "ready")

                await eventually(is_ready, seconds=30)


async def test_metrics_count_requests_by_route_and_not_by_path(anybody: httpx.AsyncClient) -> None:
    orders = [await placed(anybody) for _ in range(2)]
    for order in orders:
        await anybody.get(f"/api/orders/{order['id']}", headers={"X-Order-Token": order["token"]})
    await anybody.get("/no/such/path")
    response = await anybody.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain")
    read = 'pizzeria_http_request_duration_seconds_count{method="GET",route="/api/orders/{order_id}",status="200"}'
    (count,) = re.findall(rf"^{re.escape(read)} ([\d.]+)$", response.text, re.MULTILINE)
    assert float(count) >= 2
    assert orders[0]["id"] not in response.text
    assert "/no/such/path" not in response.text
    assert 'route="unknown",status="404"' in response.text


async def test_metrics_tell_the_backlog_and_the_commands(anybody: httpx.AsyncClient) -> None:
    await placed(anybody)
    await anybody.post("/api/orders", json=a_request(items=[{"pizza": "hawaii", "size": "x", "quantity": 1}]))
    text = (await anybody.get("/metrics")).text

    assert "pizzeria_backlog_documents{" in text
    assert "pizzeria_dead_letters_documents 0.0" in text
    assert 'outcome="ok",request="PlaceOrderCommand"' in text
    assert 'outcome="unknown_pizza",request="PlaceOrderCommand"' in text
