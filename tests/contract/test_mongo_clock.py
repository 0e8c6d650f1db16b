"""Leases and retries run on the server's clock, whatever a replica believes the hour to be."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from pymongo import AsyncMongoClient

from application.clock import steady_now, utc_now
from application.dispatch.outbox import Delivery, PendingEvent
from infrastructure.mongo.client import Client
from infrastructure.mongo.clock import SLOWEST_ANSWER, ServerClock
from infrastructure.mongo.lease import Leases
from infrastructure.mongo.store import MongoStore
from tests.builders import an_order
from tests.contract.retrying import retried
from tests.contract.servers import drop_database, in_database

AN_HOUR = timedelta(hours=1)
NEARLY = timedelta(milliseconds=100)


@pytest.fixture
def fast_clock() -> ServerClock:
    """The clock of a replica whose machine is an hour behind the server."""
    clock = ServerClock()
    clock.set(server_time=utc_now() + AN_HOUR, measured_at=time.monotonic())
    return clock


def test_the_clock_tells_the_servers_time_from_the_monotonic_one(fast_clock: ServerClock) -> None:
    assert abs(fast_clock.now() - (utc_now() + AN_HOUR)) < timedelta(seconds=5)
    assert abs(fast_clock.skew - AN_HOUR) < NEARLY


def test_a_lease_ends_by_the_servers_clock_in_the_store_and_by_the_monotonic_one_here(fast_clock: ServerClock) -> None:
    lease = Leases("order", fast_clock, 10.0).make()

    assert abs(lease.until - (utc_now() + AN_HOUR)) < timedelta(seconds=15)
    assert abs(lease.expires - time.monotonic() - 10) < 5


def test_a_retry_is_stored_at_the_servers_hour_and_comes_back_at_the_replicas(fast_clock: ServerClock) -> None:
    (event,) = an_order().raised
    due = steady_now() + timedelta(seconds=30)
    waiting = [PendingEvent(event, {"Printer": Delivery(2, due), "Mailer": Delivery()}), PendingEvent(event)]
    leases = Leases("order", fast_clock, 10.0)

    stored = leases.to_documents(waiting)

    assert abs(stored[0]["todo"]["Printer"]["due"] - (due + AN_HOUR)) < NEARLY
    assert leases.from_documents(stored) == waiting


async def test_the_clock_is_set_by_the_server(mongo_server: str) -> None:
    clock = ServerClock()
    clock.set(server_time=utc_now() + AN_HOUR, measured_at=time.monotonic())
    async with AsyncMongoClient[dict[str, object]](mongo_server) as client:
        await clock.start(client)
        told = (await client.admin.command("hello"))["localTime"]
        await clock.stop()

    assert abs(clock.now().replace(tzinfo=None) - told) < timedelta(seconds=5)


class SlowServer:
    """A stand-in for a client whose server takes longer over each answer than its clock can be read by."""

    def __init__(self) -> None:
        self.admin = self

    async def command(self, name: str) -> dict[str, Any]:
        told = datetime.now(UTC) + AN_HOUR
        await asyncio.sleep(SLOWEST_ANSWER + 0.05)
        return {"localTime": told.replace(tzinfo=None)}


async def test_a_slow_servers_hour_is_nearer_than_an_hour_that_nobody_has_checked() -> None:
    clock = ServerClock()
    await clock.start(cast(Client, SlowServer()))
    await clock.stop()

    assert abs(clock.exact_skew - AN_HOUR.total_seconds()) < SLOWEST_ANSWER


@pytest.fixture(params=[-AN_HOUR, AN_HOUR], ids=["behind", "ahead"])
async def store(request: pytest.FixtureRequest, mongo_server: str) -> AsyncIterator[MongoStore]:
    """Of a replica that believes its server's clock to be an hour off its own."""
    database = f"test_{uuid.uuid4().hex}"
    store = MongoStore(in_database(mongo_server, database))
    await store.open()
    store._clock.set(server_time=utc_now() + request.param, measured_at=time.monotonic())
    yield store
    await store.close()
    await drop_database(mongo_server, database)


async def test_on_a_server_at_another_hour_leases_retries_and_ages_are_right(store: MongoStore) -> None:
    found = await retried(store)

    assert steady_now() >= found.due
    assert found.again.pending[0].todo
    assert abs(utc_now() - found.lane.oldest) < timedelta(seconds=5)
