"""The service on a MongoDB that goes away under it, and comes back."""

import time
import uuid

import httpx

from tests.app.orders import a_request
from tests.contract.servers import drop_database, wire_to
from tests.replay.serving import API_KEY, serving
from tests.waiting import eventually

LONGEST_ANSWER = 3.0


async def test_an_outage_is_told_in_time_and_over_by_itself(mongo_server: str) -> None:
    database = f"test_{uuid.uuid4().hex}"
    async with (
        wire_to(mongo_server) as wire,
        serving(PIZZERIA_DATABASE_URL=f"mongodb://127.0.0.1:{wire.port}/{database}") as service,
        httpx.AsyncClient(base_url=service.url, headers={"X-API-Key": API_KEY}, timeout=10) as staff,
    ):
        placed = (await staff.post("/api/orders", json=a_request())).json()

        await wire.down()
        calls = [
            ("POST", "/api/orders", a_request()),
            ("GET", f"/api/orders/{placed['id']}", None),
            ("POST", f"/api/orders/{placed['id']}/confirm", None),
        ]
        for method, path, body in calls:
            started = time.monotonic()
            refusal = await staff.request(method, path, json=body)
            assert time.monotonic() - started < LONGEST_ANSWER
            assert (refusal.status_code, refusal.json()["code"]) == (503, "store_unavailable")
            assert int(refusal.headers["Retry-After"]) >= 1
        unready = await staff.get("/health/ready")
        assert (unready.status_code, unready.json()["store"]["ready"]) == (503, False)
        assert (await staff.get("/health/live")).status_code == 200

        await wire.up()

        async def works_again() -> bool:
            return (await staff.post(f"/api/orders/{placed['id']}/confirm")).status_code == 200

        async def is_ready() -> bool:
            return (await staff.get("/health/ready")).status_code == 200

        await eventually(works_again, 20)
        await eventually(is_ready, 20)
    await drop_database(mongo_server, database)
