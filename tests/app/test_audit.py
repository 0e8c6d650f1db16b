"""The audit trail over HTTP: who did what, when, on every aggregate."""

import httpx
import pytest

from tests.app.orders import a_request, moved, placed, problem
from tests.waiting import eventually


async def test_the_trail_tells_who_placed_confirmed_and_cancelled(
    anybody: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    order = await placed(anybody)
    await moved(staff, order["id"], "confirm")
    token = {"X-Order-Token": order["token"]}
    assert (await anybody.post(f"/api/orders/{order['id']}/cancel", headers=token)).is_success

    trail = await a_trail(staff, order["id"], entries=3)

    assert [(entry["type"], entry["actor"]) for entry in trail] == [
        ("OrderCancelled", "customer"),
        ("OrderConfirmed", "staff:mario"),
        ("OrderPlaced", "guest"),
    ]
    assert {entry["aggregateType"] for entry in trail} == {"order"}
    assert trail[0]["position"] > trail[1]["position"] > trail[2]["position"]
    assert all(entry["recordedAt"] >= entry["occurredAt"] for entry in trail)


async def test_whoever_came_before_on_the_same_connection_signs_nothing(
    staff: httpx.AsyncClient, anybody: httpx.AsyncClient
) -> None:
    await staff.get("/api/orders")
    by_staff = (await staff.post("/api/orders", json=a_request())).json()
    by_guest = await placed(anybody)

    assert [entry["actor"] for entry in await a_trail(staff, by_staff["id"], entries=1)] == ["guest"]
    assert [entry["actor"] for entry in await a_trail(staff, by_guest["id"], entries=1)] == ["guest"]


async def test_the_whole_trail_is_read_a_page_at_a_time(staff: httpx.AsyncClient) -> None:
    for _ in range(3):
        await a_trail(staff, (await placed(staff))["id"], entries=1)

    first = (await staff.get("/api/audit", params={"limit": 2})).json()
    second = (await staff.get("/api/audit", params={"limit": 2, "cursor": first["nextCursor"]})).json()

    positions = [entry["position"] for entry in first["items"] + second["items"]]
    assert positions == list(range(positions[0], positions[0] - 4, -1))


@pytest.mark.parametrize("parameters", [{"limit": 0}, {"limit": 501}, {"cursor": 0}, {"cursor": "x"}, {"of": "me"}])
async def test_a_page_that_makes_no_sense_is_refused(staff: httpx.AsyncClient, parameters: dict[str, str]) -> None:
    problem(await staff.get("/api/audit", params=parameters), 422, "invalid_request")


async def test_guests_do_not_read_the_trail(anybody: httpx.AsyncClient) -> None:
    problem(await anybody.get("/api/audit"), 401, "unauthorized")


async def a_trail(staff: httpx.AsyncClient, aggregate_id: str, *, entries: int) -> list[dict[str, str]]:
    """What is on record of one aggregate, once so many entries are there."""
    trail: list[dict[str, str]] = []

    async def complete() -> bool:
        trail[:] = (await staff.get("/api/audit", params={"aggregateId": aggregate_id})).json()["items"]
        return len(trail) >= entries

    await eventually(complete)
    return trail
