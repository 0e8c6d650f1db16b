"""What the service refuses, and how it says so: problem details with the domain's code and a way on."""

import asyncio
import sqlite3
import time
from pathlib import Path

import httpx
import pytest
import structlog.testing

from app.errors import PROBLEM_TYPES, refusal_response
from app.refusals import InvalidRequest
from domain import errors
from domain.errors import DomainError
from tests.app.orders import DELIVERY, a_request, moved, placed, problem
from tests.app.serving import serving
from tests.waiting import eventually

NOBODY = "01a1fc0a-0000-7000-8000-000000000000"


async def test_an_illegal_move_tells_the_open_ones(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    body = problem(await staff.post(f"/api/orders/{order['id']}/ready"), 409, "illegal_move")

    assert body["openMoves"] == ["confirm", "cancel"]
    assert (await staff.get(f"/api/orders/{order['id']}")).json()["version"] == 1


async def test_a_finished_order_has_no_open_moves(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "cancel")

    assert problem(await staff.post(f"/api/orders/{order['id']}/cook"), 409, "illegal_move")["openMoves"] == []


async def test_a_pickup_is_not_dispatched(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "confirm", "cook", "ready")

    body = problem(await staff.post(f"/api/orders/{order['id']}/dispatch"), 409, "illegal_move")
    assert body["openMoves"] == ["collect", "cancel"]


async def test_a_customer_may_not_cancel_what_cooks(staff: httpx.AsyncClient, anybody: httpx.AsyncClient) -> None:
    order = await placed(staff, fulfilment=DELIVERY)
    await moved(staff, order["id"], "confirm", "cook")
    token = {"X-Order-Token": order["token"]}

    problem(await anybody.post(f"/api/orders/{order['id']}/cancel", headers=token), 409, "too_late_to_cancel")
    assert (await staff.get(f"/api/orders/{order['id']}")).json()["status"] == "cooking"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/api/orders/{NOBODY}"),
        ("GET", "/api/orders/%00"),
        ("GET", "/api/orders/" + "x" * 5_000),
        ("GET", f"/api/orders/{NOBODY}/events"),
        ("GET", f"/api/orders/{NOBODY}/stream"),
        ("POST", f"/api/orders/{NOBODY}/confirm"),
        ("POST", f"/api/orders/{NOBODY}/cancel"),
        ("POST", "/api/dead-letters/order:none:1:Nobody/redrive"),
        ("DELETE", "/api/dead-letters/nonsense"),
        ("GET", "/schemas/events/com.mariopizzeria.order.eaten.v1"),
        ("GET", "/api/nothing"),
        ("POST", "/api/orders/"),
        ("GET", "/static/nothing.js"),
        ("GET", "/static/%2e%2e/settings.py"),
    ],
)
async def test_what_is_not_there_is_not_found(staff: httpx.AsyncClient, method: str, path: str) -> None:
    body = problem(await staff.request(method, path), 404, "not_found")
    assert len(body["detail"]) <= 500


async def test_another_method_is_refused_with_those_that_work(staff: httpx.AsyncClient) -> None:
    response = await staff.delete("/api/orders")

    problem(response, 405, "method_not_allowed")
    assert response.headers["allow"] == "GET, POST"


async def test_the_kitchen_refuses_more_than_it_holds_until_a_place_is_free(tmp_path: Path) -> None:
    with serving(tmp_path, kitchen_capacity=1) as pizzeria:
        async with pizzeria.staff() as staff:
            first, second = await placed(staff), await placed(staff)
            await moved(staff, first["id"], "confirm", "cook")
            await moved(staff, second["id"], "confirm")
            problem(await staff.post(f"/api/orders/{second['id']}/cook"), 409, "kitchen_full")
            await moved(staff, first["id"], "ready")
            await moved(staff, second["id"], "cook")


async def test_a_locked_store_gets_503_within_3_seconds_and_recovers(tmp_path: Path) -> None:
    with serving(tmp_path) as pizzeria:
        async with pizzeria.staff() as staff:
            await placed(staff)
            lock = sqlite3.connect(tmp_path / "pizzeria.db", isolation_level=None)
            lock.execute("BEGIN EXCLUSIVE")
            started = time.monotonic()
            refused, planned = await asyncio.gather(staff.post("/api/orders", json=a_request()), _sleep_for(2.0))
            waited = time.monotonic() - started

            async def is_told() -> bool:
                ready = await staff.get("/health/ready")
                return ready.status_code == 503 and ready.json()["store"]["ready"] is False

            await eventually(is_told)
            lock.execute("ROLLBACK")
            lock.close()

            problem(refused, 503, "store_unavailable")
            assert int(refused.headers["retry-after"]) >= 1
            assert waited < planned + 1.0  # 3 seconds, where the machine itself is not late

            async def is_back() -> bool:
                placed_again = await staff.post("/api/orders", json=a_request())
                ready = await staff.get("/health/ready")
                return (placed_again.status_code, ready.status_code) == (201, 200)

            await eventually(is_back)


async def _sleep_for(seconds: float) -> float:
    """How long that takes on this machine, as busy as it is now."""
    started = time.monotonic()
    for _ in range(20):
        await asyncio.sleep(seconds / 20)
    return time.monotonic() - started


async def test_more_requests_than_fit_are_refused_but_health_is_answered(tmp_path: Path) -> None:
    with serving(tmp_path, max_requests=1) as pizzeria:
        async with pizzeria.anybody() as client:
            lingering = asyncio.Event()

            async def slow_body() -> object:
                yield b"{"
                await lingering.wait()
                yield b"}"

            slow = asyncio.create_task(
                client.post("/api/orders", content=slow_body(), headers={"Content-Type": "application/json"})  # type: ignore[arg-type]
            )

            async def is_full() -> bool:
                return (await client.get("/api/menu")).status_code == 503

            await eventually(is_full)
            refused = await client.get("/api/menu")
            alive = await client.get("/health/live")
            lingering.set()

            problem(refused, 503, "too_many_requests")
            assert refused.headers["retry-after"] == "1"
            assert alive.status_code == 200
            problem(await slow, 422, "invalid_request")
            assert (await client.get("/api/menu")).status_code == 200


async def test_a_fault_of_ours_tells_nothing_of_the_inside(tmp_path: Path) -> None:
    with serving(tmp_path) as pizzeria, structlog.testing.capture_logs() as logs:
        pizzeria.service.order_tokens = None  # type: ignore[assignment] # a fault that no code path expects
        async with pizzeria.anybody() as client:
            response = await client.post("/api/orders", json=a_request())

        body = problem(response, 500, "internal_error")
        assert "NoneType" not in response.text
        assert "parameter" not in body
        assert any(entry["event"] == "request_failed" and entry.get("exc_info") for entry in logs)


async def test_the_callers_request_id_comes_back(anybody: httpx.AsyncClient) -> None:
    kept = await anybody.get("/api/nothing", headers={"X-Request-ID": "till-7:42"})
    replaced = await anybody.get("/api/nothing", headers={"X-Request-ID": "two words"})

    assert problem(kept, 404, "not_found")["requestId"] == "till-7:42"
    assert problem(replaced, 404, "not_found")["requestId"] != "two words"


@pytest.mark.parametrize("path", ["/api/menu", "/docs", "/health/live", "/api/nothing"])
async def test_every_answer_carries_the_security_headers(anybody: httpx.AsyncClient, path: str) -> None:
    headers = (await anybody.get(path)).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "server" not in headers


def _refusals(kind: type[DomainError]) -> list[type[DomainError]]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in _refusals(child))]


@pytest.mark.parametrize("kind", _refusals(DomainError), ids=lambda kind: kind.__name__)
def test_every_code_has_a_status(kind: type[DomainError]) -> None:
    assert kind.code in PROBLEM_TYPES
    assert 400 <= PROBLEM_TYPES[kind.code].status < 600


def test_every_503_says_when_to_come_back() -> None:
    response = refusal_response(errors.StoreUnavailable(retry_after=7))
    busy = refusal_response(errors.BacklogFull("Too much waits."))

    assert response.headers["retry-after"] == "7"
    assert int(busy.headers["retry-after"]) >= 1


def test_a_refusal_without_fault_is_no_refusal() -> None:
    with pytest.raises(IndexError):
        InvalidRequest([])
