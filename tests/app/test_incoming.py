"""CloudEvents come in, in each content mode, and have their effect once."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.models.incoming import KNOWN_TYPES, cloud_event_example
from tests.app.orders import moved, placed, problem
from tests.app.reports import BATCH, COOKED, DELIVERED, a_payment_report, a_report, binary, send, send_batch
from tests.app.serving import Pizzeria, serving
from tests.sinks import Sink
from tests.waiting import eventually

TOTAL = 2 * (1699 + 120) + 1349
NEW = {"new": 1, "repeated": 0, "ignored": 0}


async def order(staff: httpx.AsyncClient, order_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await staff.get(f"/api/orders/{order_id}")).json()
    return found


async def paid(staff: httpx.AsyncClient, order_id: str, amount: int) -> None:
    async def is_so() -> bool:
        return bool((await order(staff, order_id))["paid"] == amount)

    await eventually(is_so)


async def letters_of(staff: httpx.AsyncClient, cloud_event_id: str) -> list[dict[str, Any]]:
    letters = (await staff.get("/api/dead-letters?limit=200")).json()["items"]
    return [letter for letter in letters if letter["event"]["data"].get("cloudEventId") == cloud_event_id]


async def letter_of(staff: httpx.AsyncClient, cloud_event_id: str) -> dict[str, Any]:
    async def is_there() -> bool:
        return bool(await letters_of(staff, cloud_event_id))

    await eventually(is_there)
    (letter,) = await letters_of(staff, cloud_event_id)
    return letter


async def test_a_structured_event_is_taken_and_handled(staff: httpx.AsyncClient) -> None:
    placed_order = await placed(staff)
    response = await send(staff, a_payment_report(placed_order["id"]))

    assert response.status_code == 202
    assert response.json() == NEW
    await paid(staff, placed_order["id"], 1000)


async def test_a_binary_event_is_taken_and_its_headers_are_decoded(staff: httpx.AsyncClient) -> None:
    placed_order = await placed(staff)
    headers, body = binary(a_payment_report(placed_order["id"]) | {"id": "caff%C3%A8%201%25", "subject": '"a \\"b\\""'})
    response = await staff.post("/api/events", content=body, headers=headers)
    await paid(staff, placed_order["id"], 1000)
    again = await send(staff, a_payment_report(placed_order["id"]) | {"id": "caffè 1%"})

    assert (response.status_code, response.json()) == (202, NEW)
    assert again.json()["repeated"] == 1


async def test_a_batch_is_taken_whole(staff: httpx.AsyncClient) -> None:
    orders = [await placed(staff) for _ in range(3)]
    reports = [a_payment_report(found["id"]) for found in orders]
    response = await send_batch(staff, *reports, reports[0])

    assert response.status_code == 202
    assert response.json() == {"new": 3, "repeated": 1, "ignored": 0}
    for found in orders:
        await paid(staff, found["id"], 1000)


async def test_an_empty_batch_is_fine(staff: httpx.AsyncClient) -> None:
    response = await send_batch(staff)
    assert (response.status_code, response.json()) == (202, {"new": 0, "repeated": 0, "ignored": 0})


async def test_data_may_come_as_base64_and_without_a_content_type(staff: httpx.AsyncClient) -> None:
    placed_order = await placed(staff)
    report = a_payment_report(placed_order["id"])
    data = base64.b64encode(json.dumps(report.pop("data")).encode()).decode()
    del report["datacontenttype"]

    assert (await send(staff, report | {"data_base64": data})).status_code == 202
    await paid(staff, placed_order["id"], 1000)


@pytest.mark.parametrize(
    "changes",
    [
        {"time": None},
        {"time": "2026-05-04T18:30:00.123456+02:00"},
        {"time": "1990-12-31t23:59:60z"},
        {"datacontenttype": "application/vnd.mario+json; charset=utf-8"},
        {"source": "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66", "dataschema": "https://example.org/schema#v1"},
        {"source": "mailto:cncf-wg-serverless@lists.cncf.io", "subject": "naïve 🍕"},
        {"comexampleextension1": "value", "othervalue": 5, "flag": True, "sequence": "0000001"},
        {"data_base64": None, "subject": "x"},
    ],
)
async def test_whatever_the_specification_allows_is_taken(staff: httpx.AsyncClient, changes: dict[str, Any]) -> None:
    response = await send(staff, a_report(**changes))
    assert (response.status_code, response.json()) == (202, NEW)


async def test_null_is_the_same_as_not_there(staff: httpx.AsyncClient) -> None:
    assert (await send(staff, a_report() | {"subject": None, "time": None, "data_base64": None})).status_code == 202


async def test_every_documented_example_is_taken(staff: httpx.AsyncClient) -> None:
    examples = [cloud_event_example(name) | {"source": "/examples", "id": name} for name in KNOWN_TYPES]
    assert (await send_batch(staff, *examples)).json() == {"new": len(examples), "repeated": 0, "ignored": 0}


async def test_sent_often_by_many_at_once_it_counts_once(staff: httpx.AsyncClient) -> None:
    placed_order = await placed(staff)
    report = a_payment_report(placed_order["id"])
    answers = await asyncio.gather(*(send(staff, report) for _ in range(20)))
    await paid(staff, placed_order["id"], 1000)

    assert {answer.status_code for answer in answers} == {202}
    assert sum(answer.json()["new"] for answer in answers) == 1
    late = await send(staff, report)
    assert late.json()["repeated"] == 1
    assert (await order(staff, placed_order["id"]))["version"] == 2


async def test_the_display_says_cooked_and_the_order_is_ready(staff: httpx.AsyncClient) -> None:
    placed_order = await placed(staff)
    await moved(staff, placed_order["id"], "confirm", "cook")
    first, second = (
        a_report(type=COOKED, source="/kds", data={"orderId": placed_order["id"], "cook": "Luigi"}) for _ in range(2)
    )
    await send_batch(staff, first, second)

    async def is_ready() -> bool:
        return bool((await order(staff, placed_order["id"]))["status"] == "ready")

    await eventually(is_ready)

    async def is_in_the_trail() -> bool:
        trail = (await staff.get("/api/audit?limit=100")).json()["items"]
        ids = {entry["data"]["cloudEventId"] for entry in trail if entry["type"] == "PizzaCooked"}
        return {first["id"], second["id"]} <= ids

    await eventually(is_in_the_trail)
    assert await letters_of(staff, second["id"]) == []


async def test_a_delivery_is_in_the_stock_room_once(staff: httpx.AsyncClient) -> None:
    flour = {"name": "Flour", "unit": "kg", "lowMark": 0}
    assert (await staff.put("/api/ingredients/reported-flour", json=flour)).is_success
    report = a_report(type=DELIVERED, source="/mill", data={"ingredient": "reported-flour", "amount": 50, "note": "x"})
    for _ in range(3):
        assert (await send(staff, report)).status_code == 202
    await send(staff, a_report(type=DELIVERED, source="/mill", data={"ingredient": "reported-flour", "amount": 5}))

    async def movements() -> list[dict[str, Any]]:
        ledger = (await staff.get("/api/stock/movements?limit=200")).json()["items"]
        return [movement for movement in ledger if movement["ingredient"] == "reported-flour"]

    async def both_came() -> bool:
        return len(await movements()) == 2

    await eventually(both_came)
    assert sorted((found["onHand"], found["reason"], found["by"]) for found in await movements()) == [
        (5, None, "/mill"),
        (50, "x", "/mill"),
    ]


async def test_a_delivery_of_what_nobody_knows_is_a_dead_letter(staff: httpx.AsyncClient) -> None:
    report = a_report(type=DELIVERED, data={"ingredient": "no-such-thing", "amount": 5})
    await send(staff, report)
    assert (await letter_of(staff, report["id"]))["error"].startswith("Rejected: unknown_ingredient: ")


async def test_a_driver_is_where_he_reported_last(staff: httpx.AsyncClient) -> None:
    def at(minute: int) -> dict[str, Any]:
        where = {
            "driverId": "pia",
            "latitude": 43.0 + minute / 100,
            "longitude": 11,
            "at": f"2026-05-04T18:{minute}:00Z",
        }
        return a_report(data=where)

    await send_batch(staff, at(31), at(35), at(33))
    await send(staff, at(34))

    async def positions() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await staff.get("/api/drivers/positions")).json()["items"]
        return [item for item in items if item["driverId"] == "pia"]

    async def has_come() -> bool:
        return [item["at"] for item in await positions()] == ["2026-05-04T18:35:00Z"]

    await eventually(has_come)
    assert (await positions())[0]["latitude"] == 43.35


@pytest.mark.parametrize(
    ("moves", "data", "reason"),
    [
        (("cancel",), {}, "order_cancelled"),
        ((), {"currency": "EUR"}, "wrong_currency"),
        ((), {"orderId": "no-such-order"}, "not_found"),
    ],
)
async def test_a_payment_that_is_refused_is_a_dead_letter_that_says_why(
    staff: httpx.AsyncClient, moves: tuple[str, ...], data: dict[str, str], reason: str
) -> None:
    placed_order = await placed(staff)
    await moved(staff, placed_order["id"], *moves)
    report = a_payment_report(placed_order["id"], **data)

    assert (await send(staff, report)).status_code == 202
    letter = await letter_of(staff, report["id"])
    assert letter["error"].startswith(f"Rejected: {reason}: ")
    assert (letter["handler"], letter["attempts"]) == ("PaymentReportedHandler", 1)
    assert letter["event"]["data"]["amount"] == 1000


async def test_a_refused_payment_keeps_no_other_of_its_batch_back(staff: httpx.AsyncClient) -> None:
    good, bad = await placed(staff), await placed(staff)
    await moved(staff, bad["id"], "cancel")
    refused = a_payment_report(bad["id"])
    await send_batch(
        staff, refused, a_payment_report(good["id"]), a_payment_report(good["id"], paymentId="ch_2", amount=5)
    )

    await paid(staff, good["id"], 1005)
    assert await letter_of(staff, refused["id"])


async def test_a_cooked_order_that_nobody_cooks_is_a_dead_letter_and_can_be_redriven(staff: httpx.AsyncClient) -> None:
    placed_order = await placed(staff)
    report = a_report(type=COOKED, data={"orderId": placed_order["id"], "cook": "Luigi"})
    await send(staff, report)
    letter = await letter_of(staff, report["id"])
    await moved(staff, placed_order["id"], "confirm", "cook")

    assert letter["error"].startswith("Rejected: illegal_move: ")
    assert (await staff.post(f"/api/dead-letters/{letter['id']}/redrive")).status_code == 204

    async def is_ready() -> bool:
        return bool((await order(staff, placed_order["id"]))["status"] == "ready")

    await eventually(is_ready)


async def test_an_unknown_type_is_ignored_and_counted(staff: httpx.AsyncClient) -> None:
    async def ignored() -> float:
        lines = (await staff.get("/metrics")).text.splitlines()
        count = [line for line in lines if line.startswith('pizzeria_incoming_events_total{outcome="ignored"}')]
        return float(count[0].split()[1]) if count else 0.0

    before = await ignored()
    response = await send_batch(staff, a_report(type="org.example.weather", data=None), a_report())
    assert (response.status_code, response.json()) == (202, {"new": 1, "repeated": 0, "ignored": 1})
    assert await ignored() == before + 1


@pytest.fixture
async def picky(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    with serving(tmp_path, unknown_events="refuse") as pizzeria:
        async with pizzeria.staff() as client:
            yield client


async def test_where_that_is_wished_an_unknown_type_is_refused_and_nothing_taken(picky: httpx.AsyncClient) -> None:
    good, unknown = a_report(), a_report(type="org.example.weather")
    refusal = problem(await send_batch(picky, good, unknown), 422, "unknown_event_type")
    headers, body = binary(unknown)

    assert refusal["parameter"] == "/1/type"
    assert (await send(picky, good)).json() == NEW
    alone = problem(await picky.post("/api/events", content=body, headers=headers), 422, "unknown_event_type")
    assert alone["parameter"] == "ce-type"


async def test_only_the_staff_may_report(anybody: httpx.AsyncClient) -> None:
    problem(await send(anybody, a_report()), 401, "unauthorized")


async def test_a_batch_has_its_limits(staff: httpx.AsyncClient) -> None:
    small = [a_report(data=None, type="org.example.weather") for _ in range(101)]

    assert (await send_batch(staff, *small[:100])).json()["ignored"] == 100
    assert "100" in problem(await send_batch(staff, *small), 422, "batch_too_large")["detail"]
    problem(await send(staff, " " * 70_000 + "[]", BATCH), 413, "body_too_large")


async def test_what_comes_in_does_not_go_out_again(tmp_path: Path) -> None:
    async with Sink() as sink:
        with serving(tmp_path, cloudevents_sink=sink.url) as pizzeria:
            async with pizzeria.staff() as staff:
                placed_order = await placed(staff)
                await send_batch(staff, a_report(), a_payment_report(placed_order["id"]))
                await eventually(lambda: len(sink.ids_of(placed_order["id"])) == 2)
                await _nothing_waits(pizzeria)
                trail = (await staff.get("/api/audit")).json()["items"]
                schema = await staff.get("/schemas/events/com.mariopizzeria.incoming.payment-reported.v1")

    told = {event.get_type().removeprefix("com.mariopizzeria.") for event in sink.events}
    assert {"order.placed.v1", "order.payment-received.v1"} <= told
    assert not {kind for kind in told if kind.startswith("incoming.") or "report" in kind}
    assert {"PaymentReported", "DriverPositionReported"} <= {entry["type"] for entry in trail}
    problem(schema, 404, "not_found")


async def test_what_comes_in_does_not_wait_for_a_sink_that_is_away(tmp_path: Path) -> None:
    with serving(tmp_path, cloudevents_sink="http://127.0.0.1:9/") as pizzeria:
        async with pizzeria.staff() as staff:
            await send(staff, a_report())
            await _nothing_waits(pizzeria)


async def _nothing_waits(pizzeria: Pizzeria) -> None:
    async def is_so() -> bool:
        return pizzeria.service.dispatcher.idle and not await pizzeria.service.store.outboxes["incoming"].backlog()

    await eventually(is_so)
