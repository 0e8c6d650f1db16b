"""An operator sees what was parked, and redrives or discards it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.app.orders import moved, placed, problem
from tests.app.reports import a_payment_report, send_batch
from tests.app.serving import serving
from tests.sinks import Reply, Sink
from tests.waiting import eventually


def is_asked_for(letter: dict[str, Any]) -> bool:
    return not letter["id"].startswith("customer:")


@dataclass(frozen=True, slots=True)
class Office:
    """The operator's desk of a service whose sink refuses everything for good."""

    staff: httpx.AsyncClient
    sink: Sink

    async def letters(self) -> list[dict[str, Any]]:
        """Those that the tests are about: who orders first becomes a customer, which the sink refuses to hear too."""
        letters = (await self.staff.get("/api/dead-letters")).json()["items"]
        return [letter for letter in letters if is_asked_for(letter)]

    async def wait_for_letters(self, count: int) -> list[dict[str, Any]]:
        async def is_so() -> bool:
            return len(await self.letters()) == count

        await eventually(is_so)
        return await self.letters()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with Sink() as sink:
        sink.behaviour = Reply(415)
        with serving(tmp_path, cloudevents_sink=sink.url) as pizzeria:
            async with pizzeria.staff() as staff:
                yield Office(staff, sink)


async def test_what_the_sink_refuses_for_good_is_shown(office: Office) -> None:
    order = await placed(office.staff)
    await moved(office.staff, order["id"], "confirm")
    letter, *_ = await office.wait_for_letters(1)

    assert letter["id"] == f"order:{order['id']}:1:CloudEventsHandler"
    assert letter["handler"] == "CloudEventsHandler"
    assert letter["event"]["type"] == "OrderPlaced"
    assert letter["attempts"] == 1
    assert "415" in letter["error"]


async def test_a_redriven_letter_arrives_with_all_that_waited_behind_it(office: Office) -> None:
    order = await placed(office.staff)
    (letter,) = await office.wait_for_letters(1)
    await moved(office.staff, order["id"], "confirm")
    office.sink.behaviour = Reply(202)
    response = await office.staff.post(f"/api/dead-letters/{letter['id']}/redrive")

    assert response.status_code == 204
    await eventually(lambda: len(office.sink.ids_of(order["id"])) == 2)
    assert office.sink.ids_of(order["id"])[0] == letter["event"]["id"]
    assert await office.wait_for_letters(0) == []


async def test_a_discarded_letter_never_arrives_but_what_follows_does(office: Office) -> None:
    order = await placed(office.staff)
    (letter,) = await office.wait_for_letters(1)
    office.sink.behaviour = Reply(202)
    response = await office.staff.delete(f"/api/dead-letters/{letter['id']}")
    await moved(office.staff, order["id"], "confirm")

    assert response.status_code == 204
    await eventually(lambda: len(office.sink.ids_of(order["id"])) == 1)
    assert letter["event"]["id"] not in office.sink.ids_of(order["id"])
    problem(await office.staff.post(f"/api/dead-letters/{letter['id']}/redrive"), 404, "not_found")


async def test_letters_come_in_pages(office: Office) -> None:
    await asyncio.gather(*(placed(office.staff) for _ in range(5)))
    everything = [letter["id"] for letter in await office.wait_for_letters(5)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await office.staff.get("/api/dead-letters", params=params)).json()
        assert len(page["items"]) <= 2
        seen += [letter["id"] for letter in page["items"] if is_asked_for(letter)]
        cursor = page["nextCursor"]

    assert sorted(seen) == sorted(everything)


async def test_pages_hold_the_letters_of_every_kind_and_each_once(office: Office) -> None:
    await asyncio.gather(*(placed(office.staff) for _ in range(3)))
    await send_batch(office.staff, *(a_payment_report(f"no-such-{number}") for number in range(4)))
    everything = [letter["id"] for letter in await office.wait_for_letters(7)]
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None and len(seen) <= len(everything):
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await office.staff.get("/api/dead-letters", params=params)).json()
        seen += [letter["id"] for letter in page["items"] if is_asked_for(letter)]
        cursor = page["nextCursor"]

    assert seen == everything
