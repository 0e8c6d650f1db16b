"""Server-sent events: live, resumable, bounded, and gone at once when the service stops."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.orders import moved, placed, problem
from tests.app.serving import serving


@dataclass(frozen=True, slots=True)
class Received:
    id: int
    data: dict[str, Any]


class Listener:
    """Reads one stream. `next` waits for an event, at most ten seconds."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> Received:
        async with asyncio.timeout(10):
            fields: dict[str, str] = {}
            async for line in self._lines:
                if line.startswith(":") or not line:
                    if "data" in fields:
                        return Received(int(fields["id"]), json.loads(fields["data"]))
                    continue
                name, _, value = line.partition(": ")
                fields[name] = value
        raise EOFError("the stream has ended")

    async def take(self, count: int) -> list[Received]:
        return [await self.next() for _ in range(count)]

    async def end(self) -> None:
        """Return when the stream ends; fail for an event."""
        with pytest.raises(EOFError):
            await self.next()


@asynccontextmanager
async def listening(client: httpx.AsyncClient, path: str, **headers: str) -> AsyncIterator[Listener]:
    async with client.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Listener(response)


async def test_a_customer_follows_the_order_to_its_end(anybody: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    async with listening(anybody, f"/api/orders/{order['id']}/stream?token={order['token']}") as stream:
        first = await stream.next()
        await moved(staff, order["id"], "confirm", "cook", "ready", "collect")
        rest = await stream.take(4)
        await stream.end()

    assert first.data["type"] == "OrderPlaced"
    assert [event.id for event in [first, *rest]] == [1, 2, 3, 4, 5]
    assert [event.data["version"] for event in rest] == [2, 3, 4, 5]
    trail = (await staff.get(f"/api/orders/{order['id']}/events")).json()["items"]
    assert [event.data for event in [first, *rest]] == trail


async def test_a_stream_resumes_behind_the_last_event_that_was_seen(
    anybody: httpx.AsyncClient, staff: httpx.AsyncClient
) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "confirm", "cook")
    path = f"/api/orders/{order['id']}/stream"
    async with listening(staff, path) as stream:
        await stream.take(3)
    await moved(staff, order["id"], "ready")

    async with listening(staff, path, **{"Last-Event-ID": "2"}) as stream:
        assert [event.id for event in await stream.take(2)] == [3, 4]
    async with listening(anybody, f"{path}?lastEventId=3&token={order['token']}") as stream:
        assert (await stream.next()).id == 4


async def test_a_finished_order_that_was_seen_whole_asks_not_to_come_back(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "cancel")
    async with listening(staff, f"/api/orders/{order['id']}/stream") as stream:
        assert [event.id for event in await stream.take(2)] == [1, 2]
        await stream.end()

    response = await staff.get(f"/api/orders/{order['id']}/stream", headers={"Last-Event-ID": "2"})
    assert response.status_code == 204


async def test_one_orders_stream_holds_no_other_order(staff: httpx.AsyncClient) -> None:
    mine, other = await placed(staff), await placed(staff)
    async with listening(staff, f"/api/orders/{mine['id']}/stream") as stream:
        await moved(staff, other["id"], "confirm", "cancel")
        await moved(staff, mine["id"], "cancel")
        events = await stream.take(2)
        await stream.end()

    assert {event.data["aggregateId"] for event in events} == {mine["id"]}


async def test_the_kitchen_hears_what_concerns_it_from_now_on(staff: httpx.AsyncClient) -> None:
    before = await placed(staff)
    await moved(staff, before["id"], "confirm")
    trail = f"/api/orders/{before['id']}/events"
    while len((await staff.get(trail)).json()["items"]) < 2:
        await asyncio.sleep(0.01)

    async with listening(staff, "/api/kitchen/stream") as stream:
        order = await placed(staff)
        await moved(staff, order["id"], "confirm", "cook", "ready", "collect")
        await moved(staff, before["id"], "cancel")
        events = await stream.take(4)

    assert sorted(event.data["type"] for event in events) == [
        "CookingStarted",
        "OrderCancelled",
        "OrderConfirmed",
        "OrderReady",
    ]
    assert [event.id for event in events] == sorted(event.id for event in events)


async def test_the_kitchens_stream_resumes_without_a_gap_or_a_repeat(staff: httpx.AsyncClient) -> None:
    async with listening(staff, "/api/kitchen/stream") as stream:
        order = await placed(staff)
        await moved(staff, order["id"], "confirm")
        seen = await stream.next()
    await moved(staff, order["id"], "cook", "ready")

    async with listening(staff, "/api/kitchen/stream", **{"Last-Event-ID": str(seen.id)}) as stream:
        missed = await stream.take(2)
        later = await placed(staff)
        await moved(staff, later["id"], "confirm")
        live = await stream.next()

    assert [event.data["type"] for event in missed] == ["CookingStarted", "OrderReady"]
    assert live.data["aggregateId"] == later["id"]


async def test_who_has_seen_more_than_there_is_hears_what_comes(staff: httpx.AsyncClient) -> None:
    """So it is after an older backup was restored."""
    async with listening(staff, "/api/kitchen/stream", **{"Last-Event-ID": "1000000"}) as stream:
        order = await placed(staff)
        await moved(staff, order["id"], "confirm")
        event = await stream.next()
    assert event.data["aggregateId"] == order["id"]


async def test_a_resumption_from_the_far_past_delays_nobody(staff: httpx.AsyncClient) -> None:
    async with (
        listening(staff, "/api/kitchen/stream", **{"Last-Event-ID": "0"}) as old,
        listening(staff, "/api/kitchen/stream") as new,
    ):
        order = await placed(staff)
        await moved(staff, order["id"], "confirm")
        assert (await new.next()).data["aggregateId"] == order["id"]
        while (await old.next()).data["aggregateId"] != order["id"]:
            pass


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 17, "٣"])
async def test_a_bad_last_event_id_is_refused(staff: httpx.AsyncClient, last: str) -> None:
    headers = {b"Last-Event-ID": last.encode()}
    body = problem(await staff.get("/api/kitchen/stream", headers=headers), 422, "invalid_request")
    assert body["parameter"] == "Last-Event-ID"


async def test_past_the_limit_a_stream_is_refused_until_one_ends(tmp_path: Path) -> None:
    with serving(tmp_path, max_streams=1) as pizzeria:
        async with pizzeria.staff() as staff:
            async with listening(staff, "/api/kitchen/stream"):
                response = await staff.get("/api/kitchen/stream")
                problem(response, 503, "too_many_streams")
                assert int(response.headers["retry-after"]) >= 1
                assert (await staff.get("/api/menu")).status_code == 200
            deadline = time.monotonic() + 10
            freed = False
            while not freed and time.monotonic() < deadline:
                async with staff.stream("GET", "/api/kitchen/stream") as response:
                    freed = response.status_code == 200
            assert freed


async def test_streams_do_not_count_as_requests_in_flight(tmp_path: Path) -> None:
    with serving(tmp_path, max_requests=1) as pizzeria:
        async with pizzeria.staff() as staff, listening(staff, "/api/kitchen/stream"):
            assert (await staff.get("/api/menu")).status_code == 200


async def test_a_stop_ends_streams_in_good_order(tmp_path: Path) -> None:
    with serving(tmp_path) as pizzeria:
        async with pizzeria.staff() as staff:
            order = await placed(staff)
            async with (
                listening(staff, "/api/kitchen/stream") as kitchen,
                listening(staff, f"/api/orders/{order['id']}/stream") as mine,
            ):
                await mine.next()
                pizzeria.stop()
                await asyncio.gather(kitchen.end(), mine.end())  # whole, not broken off when the grace is over
