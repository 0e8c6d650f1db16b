"""Customers hear of their orders: a real service, a real mail server, and a real server that plays the SMS provider."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from tests.app.orders import DELIVERY, a_phone, moved, placed, problem
from tests.app.serving import Pizzeria, serving
from tests.mail_server import Answer, Drop, MailServer, Stall, mail_server
from tests.sinks import Reply, Sink
from tests.waiting import eventually

LIFE = ("confirm", "cook", "ready", "dispatch", "deliver")
CREATED = Reply(201, body=b'{"sid": "SM1"}')


@dataclass
class Town:
    """A pizzeria, and whoever carries its messages."""

    pizzeria: Pizzeria
    staff: httpx.AsyncClient
    mail: MailServer
    phones: Sink

    def texts_to(self, phone: str) -> list[str]:
        """What arrived at a phone, each message once, whatever was repeated under its key."""
        arrived: dict[str, str] = {}
        for request in self.phones.requests:
            form = parse_qs(request.body.decode())
            if form["To"] == [phone]:
                arrived.setdefault(request.headers["idempotency-key"], form["Body"][0])
        return list(arrived.values())

    async def records(self, order_id: str) -> list[dict[str, Any]]:
        response = await self.staff.get(f"/api/orders/{order_id}/notifications")
        assert response.status_code == 200, response.text
        items: list[dict[str, Any]] = response.json()["items"]
        return items

    async def statuses(self, order_id: str) -> list[str]:
        return [f"{r['channel']} {r['kind']} {r['status']}" for r in await self.records(order_id)]


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
async def phones() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        sink.behaviour = CREATED
        yield sink


@contextmanager
def a_pizzeria(folder: Path, mail: MailServer, phones: Sink, **settings: Any) -> Iterator[Pizzeria]:
    carriers: dict[str, Any] = {
        "smtp_url": mail.url,
        "mail_from": "Mario <orders@pizzeria.example>",
        "sms_url": f"http://127.0.0.1:{phones.port}",
        "sms_account": "AC1",
        "sms_token": "secret",
        "sms_from": "+15550100",
        "retry_base_seconds": 0.05,
        "retry_cap_seconds": 0.1,
    }
    with serving(folder, **carriers | settings) as running:
        yield running


@pytest.fixture
async def town(tmp_path: Path, mail: MailServer, phones: Sink) -> AsyncIterator[Town]:
    with a_pizzeria(tmp_path, mail, phones) as pizzeria:
        async with pizzeria.staff() as staff:
            yield Town(pizzeria, staff, mail, phones)


def a_customer(email: str | None = "ada@example.com") -> dict[str, Any]:
    return {"name": "Ada Rossi", "phone": a_phone(), "email": email}


async def test_a_delivery_is_told_of_step_by_step_on_both_ways(town: Town) -> None:
    customer = a_customer()
    order = await placed(town.staff, customer=customer, fulfilment=DELIVERY)
    done = await moved(town.staff, order["id"], *LIFE)

    await eventually(lambda: len(town.mail.letters) == 6 and len(town.texts_to(customer["phone"])) == 5)

    number = order["id"][-6:].upper()
    assert [letter.subject for letter in town.mail.letters] == [
        f"We have your order {number}",
        f"Your order {number} is confirmed",
        f"Your order {number} is in the oven",
        f"Your order {number} is ready",
        f"Your order {number} is on its way",
        f"Your order {number} has been delivered",
    ]
    texts = town.texts_to(customer["phone"])
    assert [text.split(number)[1].split(".")[0].split(",")[0].split(" and will be")[0] for text in texts] == [
        " is confirmed",
        " is in the oven",
        " is ready and will leave in a moment",
        " is on its way",
        " has been delivered",
    ]
    assert len(town.phones.requests) == 5
    receipt = town.mail.letters[1]
    assert "$49.87" in receipt.text
    assert "$49.87" in receipt.html
    assert done["trackingNumber"] in town.mail.letters[4].text
    assert done["trackingNumber"] in texts[3]


async def test_a_cancelled_order_is_told_of_with_the_reason(town: Town) -> None:
    customer = a_customer()
    order = await placed(town.staff, customer=customer)
    await town.staff.post(f"/api/orders/{order['id']}/cancel", json={"reason": "No more dough"})

    await eventually(lambda: len(town.mail.letters) == 2 and len(town.texts_to(customer["phone"])) == 1)

    assert "No more dough" in town.mail.letters[1].text
    assert "cancelled" in town.texts_to(customer["phone"])[0]


async def test_everything_is_on_record_and_nothing_of_the_customer(town: Town) -> None:
    customer = a_customer()
    order = await placed(town.staff, customer=customer)
    await moved(town.staff, order["id"], "confirm")

    async def is_written() -> bool:
        return len(await town.records(order["id"])) == 3

    await eventually(is_written)
    assert await town.statuses(order["id"]) == ["email placed sent", "email confirmed sent", "sms confirmed sent"]
    mail, _, sms = await town.records(order["id"])
    assert (mail["providerId"], sms["providerId"]) == ("Q1", "SM1")
    assert (sms["attempts"], sms["error"], sms["orderId"]) == (1, None, order["id"])
    kept = str(await town.records(order["id"]))
    assert not any(secret in kept for secret in ("Ada", customer["phone"], "example.com"))


async def test_who_gave_no_address_gets_sms_and_that_is_on_record(town: Town) -> None:
    customer = a_customer(email=None)
    order = await placed(town.staff, customer=customer)
    await moved(town.staff, order["id"], "confirm")

    async def is_written() -> bool:
        return len(await town.records(order["id"])) == 3

    await eventually(is_written)
    assert await town.statuses(order["id"]) == ["email placed skipped", "email confirmed skipped", "sms confirmed sent"]
    assert town.mail.tries == 0


async def test_a_stalling_mail_server_delays_neither_sms_nor_orders(
    tmp_path: Path, mail: MailServer, phones: Sink
) -> None:
    mail.behaviour = Stall()
    with a_pizzeria(tmp_path, mail, phones, notification_timeout_seconds=14) as pizzeria:
        async with pizzeria.staff() as staff:
            town = Town(pizzeria, staff, mail, phones)
            customers = [a_customer() for _ in range(20)]
            for customer in customers:
                order = await placed(staff, customer=customer, fulfilment=DELIVERY)
                await moved(staff, order["id"], *LIFE)
            await eventually(lambda: all(len(town.texts_to(customer["phone"])) == 5 for customer in customers))
            sent = (await staff.get("/api/notifications?status=sent&limit=200")).json()["items"]
            assert {record["channel"] for record in sent} == {"sms"}


async def test_what_an_outage_held_back_comes_in_order_and_once(town: Town) -> None:
    customer = a_customer()
    town.phones.behaviour = Reply(503)
    town.mail.behaviour = Answer("MAIL", "451 4.3.0 Later")
    order = await placed(town.staff, customer=customer, fulfilment=DELIVERY)
    await moved(town.staff, order["id"], *LIFE)

    async def both_have_failed() -> bool:
        failed = (await town.staff.get("/api/notifications?status=failed")).json()["items"]
        return {(record["channel"], record["kind"], record["error"]) for record in failed} == {
            ("email", "placed", "451"),
            ("sms", "confirmed", "503"),
        }

    await eventually(both_have_failed)
    town.phones.requests.clear()
    town.phones.behaviour = CREATED
    town.mail.behaviour = None
    await eventually(lambda: len(town.mail.letters) == 6 and len(town.phones.requests) >= 5, seconds=20)

    ends = ["has been delivered", "on its way", "ready"]
    assert [letter.subject.endswith(end) for letter, end in zip(reversed(town.mail.letters), ends, strict=False)] == [
        True
    ] * 3
    assert len(town.texts_to(customer["phone"])) == 5
    assert "delivered" in town.texts_to(customer["phone"])[-1]

    async def none_has_failed() -> bool:
        return not (await town.staff.get("/api/notifications?status=failed")).json()["items"]

    await eventually(none_has_failed)
    assert all(status.endswith("sent") for status in await town.statuses(order["id"]))
    assert (await town.staff.get("/api/dead-letters")).json()["items"] == []


async def test_a_mail_whose_answer_was_lost_comes_again_under_the_same_id(town: Town) -> None:
    town.mail.script(Drop())
    order = await placed(town.staff, customer=a_customer())

    await eventually(lambda: len(town.mail.letters) == 2)

    first, second = town.mail.letters
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.raw == second.raw

    async def is_written() -> bool:
        return await town.statuses(order["id"]) == ["email placed sent"]

    await eventually(is_written)
    assert (await town.records(order["id"]))[0]["attempts"] == 2


async def test_what_is_refused_for_one_customer_parks_nothing(town: Town) -> None:
    customer = a_customer()
    town.mail.script(Answer("RCPT", "550 5.1.1 No such mailbox"))
    town.phones.script(Reply(400, body=b'{"code": 21211}'))
    order = await placed(town.staff, customer=customer)
    await moved(town.staff, order["id"], "confirm", "cook")

    async def is_written() -> bool:
        return len(await town.records(order["id"])) == 5

    await eventually(is_written)
    assert await town.statuses(order["id"]) == [
        "email placed rejected",
        "email confirmed sent",
        "sms confirmed rejected",
        "email cooking sent",
        "sms cooking sent",
    ]
    assert [record["error"] for record in await town.records(order["id"])] == ["550", None, "21211", None, None]
    assert (await town.staff.get("/api/dead-letters")).json()["items"] == []


async def test_a_restart_tells_nothing_again_and_the_pizzeria_speaks_its_language(
    tmp_path: Path, mail: MailServer, phones: Sink
) -> None:
    for language in ("it", "en"):
        with a_pizzeria(tmp_path, mail, phones, language=language, time_zone="Europe/Rome") as pizzeria:
            async with pizzeria.staff() as staff:
                order = await placed(staff, customer=a_customer())
                town = Town(pizzeria, staff, mail, phones)

                async def is_written(town: Town = town, order_id: str = order["id"]) -> bool:
                    return await town.statuses(order_id) == ["email placed sent"]

                await eventually(is_written)
    assert [letter.subject.split()[0] for letter in mail.letters] == ["Abbiamo", "We"]


async def test_where_customers_are_not_told_nothing_is_sent_or_written(
    tmp_path: Path, mail: MailServer, phones: Sink
) -> None:
    with a_pizzeria(tmp_path, mail, phones, notifications="off") as pizzeria:
        async with pizzeria.staff() as staff:
            order = await placed(staff, customer=a_customer())
            await moved(staff, order["id"], "confirm")
            await eventually(lambda: pizzeria.service.dispatcher.idle)
            assert await Town(pizzeria, staff, mail, phones).records(order["id"]) == []
    assert (mail.tries, phones.requests) == (0, [])


async def test_without_a_provider_the_record_says_that_it_went_to_the_console(staff: httpx.AsyncClient) -> None:
    order = await placed(staff)

    async def records() -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await staff.get(f"/api/orders/{order['id']}/notifications")).json()["items"]
        return items

    async def is_written() -> bool:
        return len(await records()) == 1

    await eventually(is_written)
    (record,) = await records()
    assert (record["status"], record["providerId"]) == ("sent", "console")


async def test_the_list_is_read_a_page_at_a_time(town: Town) -> None:
    for _ in range(3):
        await placed(town.staff, customer=a_customer())
    await eventually(lambda: len(town.mail.letters) == 3)

    async def all_are_written() -> bool:
        return len((await town.staff.get("/api/notifications")).json()["items"]) == 3

    await eventually(all_are_written)
    first = (await town.staff.get("/api/notifications?limit=2")).json()
    second = (await town.staff.get(f"/api/notifications?limit=2&cursor={first['nextCursor']}")).json()

    ids = [record["id"] for record in first["items"] + second["items"]]
    assert (len(ids), ids, second["nextCursor"]) == (3, sorted(ids, reverse=True), None)


async def test_only_the_staff_sees_what_was_told(anybody: httpx.AsyncClient, staff: httpx.AsyncClient) -> None:
    order = await placed(anybody)
    path = f"/api/orders/{order['id']}/notifications"

    problem(await anybody.get(path), 401, "unauthorized")
    problem(await anybody.get(path, headers={"X-Order-Token": order["token"]}), 403, "forbidden")
    problem(await anybody.get("/api/notifications"), 401, "unauthorized")
    problem(await staff.get("/api/orders/nobody/notifications"), 404, "not_found")
    problem(await staff.get("/api/notifications?status=lost"), 422, "invalid_request")
