"""The stores under test: SQLite, and MongoDB through each of its drivers, every test in a database of its own."""

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from application.clock import utc_now
from application.dispatch.outbox import Outbox
from application.store import Store
from domain.driver import Driver as TourDriver
from infrastructure.mongo.client import Driver
from infrastructure.mongo.store import MongoStore
from infrastructure.sqlite.store import SqliteStore
from tests.contract.servers import drop_database, in_database
from tests.contract.tours import LUIGIS, MARIAS, Replica

#: Opens a store on what the test keeps; a second one is a second replica.
OpenStore = Callable[[float], AbstractAsyncContextManager[Store]]

STORES = ("sqlite", "mongo-motor", "mongo-pymongo")
DRIVERS: dict[str, Driver] = {"mongo-motor": "motor", "mongo-pymongo": "pymongo"}
LEASE_SECONDS = 10.0


@pytest.fixture(params=STORES)
def store_name(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
async def open_store(store_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[OpenStore]:
    if store_name == "sqlite":
        yield lambda lease_seconds: _opened(SqliteStore(tmp_path / "pizzeria.db", lease_seconds=lease_seconds))
        return
    server: str = request.getfixturevalue("mongo_server")
    database = f"test_{uuid.uuid4().hex}"
    url = in_database(server, database)
    yield lambda lease_seconds: _opened(MongoStore(url, driver=DRIVERS[store_name], lease_seconds=lease_seconds))
    await drop_database(server, database)


@pytest.fixture
async def store(open_store: OpenStore) -> AsyncIterator[Store]:
    async with open_store(LEASE_SECONDS) as opened:
        yield opened


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return store.outboxes["order"]


@pytest.fixture
async def replicas(open_store: OpenStore) -> AsyncIterator[list[Replica]]:
    async with AsyncExitStack() as stack:
        yield [Replica(await stack.enter_async_context(open_store(LEASE_SECONDS))) for _ in range(2)]


@pytest.fixture
async def replica(replicas: list[Replica]) -> Replica:
    for driver_id in (LUIGIS, MARIAS):
        await replicas[0].store.drivers.add(TourDriver.register(driver_id, driver_id.title(), utc_now()))
    return replicas[0]


@asynccontextmanager
async def _opened(store: Store) -> AsyncIterator[Store]:
    await store.open()
    try:
        yield store
    finally:
        await store.close()
