"""Leases and retries run on the server's clock, whatever a replica believes the hour to be."""

import time
from datetime import timedelta

import pytest
from pymongo import AsyncMongoClient

from application.clock import utc_now
from application.dispatch.outbox import Delivery, PendingEvent
from infrastructure.mongo.clock import ServerClock
from infrastructure.mongo.lease import Leases
from tests.builders import an_order

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def fast_clock() -> ServerClock:
    """The clock of a replica whose machine is an hour behind the server."""
    clock = ServerClock()
    clock.set(server_time=utc_now() + AN_HOUR, measured_at=time.monotonic())
    return clock


def test_the_clock_tells_the_servers_time_from_the_monotonic_one(fast_clock: ServerClock) -> None:
    assert abs(fast_clock.now() - (utc_now() + AN_HOUR)) < timedelta(seconds=5)
    assert fast_clock.skew == AN_HOUR


def test_a_lease_ends_by_the_servers_clock_in_the_store_and_by_the_monotonic_one_here(fast_clock: ServerClock) -> None:
    lease = Leases("order", fast_clock, 10.0).make()

    assert abs(lease.until - (utc_now() + AN_HOUR)) < timedelta(seconds=15)
    assert abs(lease.expires - time.monotonic() - 10) < 5


def test_a_retry_is_stored_at_the_servers_hour_and_comes_back_at_the_replicas(fast_clock: ServerClock) -> None:
    (event,) = an_order().raised
    due = utc_now() + timedelta(seconds=30)
    waiting = [PendingEvent(event, {"Printer": Delivery(2, due), "Mailer": Delivery()}), PendingEvent(event)]
    leases = Leases("order", fast_clock, 10.0)

    stored = leases.to_documents(waiting)

    assert stored[0]["todo"]["Printer"]["due"] == due + AN_HOUR
    assert leases.from_documents(stored) == waiting


async def test_the_clock_is_set_by_the_server(mongo_server: str) -> None:
    clock = ServerClock()
    clock.set(server_time=utc_now() + AN_HOUR, measured_at=time.monotonic())
    async with AsyncMongoClient[dict[str, object]](mongo_server) as client:
        await clock.start(client)
        told = (await client.admin.command("hello"))["localTime"]
        await clock.stop()

    assert abs(clock.now().replace(tzinfo=None) - told) < timedelta(seconds=5)
