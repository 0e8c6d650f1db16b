"""The connection breaks while MongoDB works: what was written is known as written, what was not is written once."""

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from application.clock import utc_now
from application.dispatch.outbox import Delivery, Outbox, Outcome, PendingEvent, Settlement
from application.ports.loyalty import MovementKind, PointsMovement
from application.ports.notifications import NotificationStatus
from domain.errors import VersionConflict
from domain.events import without_person
from infrastructure.mongo.client import Driver
from infrastructure.mongo.store import MongoStore
from tests.builders import an_order, confirm
from tests.contract.recording import RecordingDeliveries
from tests.contract.servers import Wire, drop_database, wire_to
from tests.contract.test_notification_log import record as notification


@dataclass(slots=True)
class Wired:
    """A store behind a wire. `lose` cuts it at the next request with these bytes: before it, or after it was done."""

    store: MongoStore
    wire: Wire
    lose: Callable[[bytes], None]

    @property
    def outbox(self) -> Outbox:
        return self.store.outboxes["order"]


@pytest.fixture(params=["motor", "pymongo"])
def driver(request: pytest.FixtureRequest) -> Driver:
    name: Driver = request.param
    return name


@pytest.fixture(params=["request lost", "reply lost"])
async def wired(request: pytest.FixtureRequest, driver: Driver, mongo_server: str) -> AsyncIterator[Wired]:
    database = f"test_{uuid.uuid4().hex}"
    async with wire_to(mongo_server) as wire:
        store = MongoStore(f"mongodb://127.0.0.1:{wire.port}/{database}", driver=driver)
        await store.open()
        yield Wired(store, wire, wire.lose_reply if request.param == "reply lost" else wire.lose_request)
        await store.close()
        assert wire.cuts == 1
    await drop_database(mongo_server, database)


async def test_an_order_is_added_once_and_handed_over(wired: Wired) -> None:
    deliveries = RecordingDeliveries()
    wired.store.attach(deliveries)
    order = an_order(idempotency_key="key")
    wired.lose(order.id.encode())

    await wired.store.orders.add(order)

    assert (await wired.store.orders.get(order.id)).state == order.state
    assert await wired.outbox.settle([Settlement(deliveries.claims[0], 1)]) == [Outcome.DONE]


async def test_a_save_is_written_once_and_handed_over(wired: Wired) -> None:
    order = an_order()
    await wired.store.orders.add(order)
    deliveries = RecordingDeliveries()
    wired.store.attach(deliveries)
    confirm(order)
    wired.lose(b"findAndModify")

    await wired.store.orders.save(order)

    found = await wired.store.orders.get(order.id)
    assert (found.version, found.state) == (2, order.state)
    (claim,) = deliveries.claims
    assert [p.event.aggregate_version for p in claim.pending] == [1, 2]
    assert await wired.outbox.settle([Settlement(claim, 2)]) == [Outcome.DONE]


async def test_a_save_without_events_is_written_once(wired: Wired) -> None:
    order = an_order()
    await wired.store.orders.add(order)
    wired.lose(b"findAndModify")

    await wired.store.orders.save(order)

    assert (await wired.store.orders.get(order.id)).version == order.version == 2


async def test_a_save_that_lost_the_race_is_not_taken_for_written(wired: Wired) -> None:
    order = an_order()
    await wired.store.orders.add(order)
    stale = await wired.store.orders.get(order.id)
    confirm(order)
    await wired.store.orders.save(order)
    confirm(stale)
    wired.lose(b"findAndModify")

    with pytest.raises(VersionConflict):
        await wired.store.orders.save(stale)


async def test_an_acknowledgement_that_was_written_is_done(wired: Wired) -> None:
    for _ in range(3):
        await wired.store.orders.add(an_order())
    claims = await wired.outbox.claim_due("", 10)
    wired.lose(claims[0].token.encode())

    assert await wired.outbox.settle([Settlement(claim, 1) for claim in claims]) == [Outcome.DONE] * 3

    assert await wired.outbox.backlog() == []


async def test_an_acknowledgement_with_a_rest_is_done(wired: Wired) -> None:
    await wired.store.orders.add(an_order())
    (claim,) = await wired.outbox.claim_due("", 10)
    rest = [PendingEvent(claim.pending[0].event, {"Printer": Delivery(attempts=1)})]
    wired.lose(claim.token.encode())

    outcomes = await wired.outbox.settle([Settlement(claim, 1, rest, lane="Printer", next_attempt_at=utc_now())])

    assert outcomes == [Outcome.DONE]
    (again,) = await wired.outbox.claim_due("Printer", 10)
    assert again.pending == rest


async def test_renewing_a_lease_is_done(wired: Wired) -> None:
    await wired.store.orders.add(an_order())
    (claim,) = await wired.outbox.claim_due("", 10)
    wired.lose(claim.token.encode())

    assert await wired.outbox.renew([claim]) == [Outcome.DONE]


async def test_a_repair_has_its_claim(wired: Wired) -> None:
    order = an_order()
    await wired.store.orders.add(order)
    wired.lose(b"findAndModify")

    claim = await wired.outbox.take_for_repair(order.id)

    assert claim is not None
    assert await wired.outbox.settle([Settlement(claim, 1)]) == [Outcome.DONE]


async def test_no_claim_is_left_with_nobody(wired: Wired) -> None:
    orders = [an_order() for _ in range(3)]
    for order in orders:
        await wired.store.orders.add(order)
    wired.lose(b"$concat")

    claims = await wired.outbox.claim_due("", 10) or await wired.outbox.claim_due("", 10)

    assert {claim.aggregate_id for claim in claims} == {order.id for order in orders}


async def test_the_log_keeps_each_event_once_without_a_gap(wired: Wired) -> None:
    first, second = [an_order().raised[0] for _ in range(3)], [an_order().raised[0] for _ in range(3)]
    await wired.store.event_log.append(first)
    wired.lose(second[0].event_id.encode())

    await wired.store.event_log.append(second)

    logged = await wired.store.event_log.after(0, 100)
    assert [(entry.position, entry.event) for entry in logged] == list(enumerate([*first, *second], start=1))


async def test_the_record_of_a_notification_is_written_once(wired: Wired) -> None:
    failed = notification("e1", NotificationStatus.FAILED)
    await wired.store.notifications.write([failed])
    later = [notification("e1", NotificationStatus.SENT, attempts=2), notification("e2", NotificationStatus.FAILED)]
    wired.lose(b"e2/sms")

    await wired.store.notifications.write(later)

    assert await wired.store.notifications.find(["e1/sms", "e2/sms"]) == {record.id: record for record in later}


async def test_points_enter_the_ledger_once(wired: Wired) -> None:
    movement = PointsMovement(order_id="order-1", kind=MovementKind.EARNED, customer_id="anna", points=7, at=utc_now())
    wired.lose(movement.id.encode())

    await wired.store.points.add([movement])

    assert await wired.store.points.balance("anna") == 7
    assert await wired.store.points.list("anna", limit=9) == [movement]


async def test_an_erasure_of_the_log_is_done(wired: Wired) -> None:
    order = an_order()
    await wired.store.event_log.append(order.raised)
    wired.lose(b"update")

    await wired.store.event_log.erase([order.id])

    assert [entry.event for entry in await wired.store.event_log.after(0, 9)] == [without_person(order.raised[0])]
