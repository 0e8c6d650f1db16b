"""A MongoDB that does not answer: every call says so in time, and works again when the server is back."""

import asyncio
import gc
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress

import pytest

from application.clock import utc_now
from application.dispatch.outbox import Claim, Settlement
from application.ports import OrderFilter, TicketChange
from application.store import Store
from domain.errors import StoreUnavailable
from domain.kitchen import TicketStatus
from domain.order_lifecycle import OrderStatus
from infrastructure.mongo.client import Driver
from infrastructure.mongo.store import MongoStore
from tests.builders import an_order
from tests.contract.servers import Wire, drop_database, wire_to
from tests.waiting import eventually

LONGEST_ANSWER = 3.0


# PyMongo drops a socket where it gives up in the middle of connecting. What is dropped here is collected here, so that
# the warning meets no other test.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collect_dropped_sockets() -> Iterator[None]:
    yield
    gc.collect()


@pytest.fixture(params=["motor", "pymongo"])
def driver(request: pytest.FixtureRequest) -> Driver:
    name: Driver = request.param
    return name


@pytest.fixture(params=["refusing", "silent"])
async def dead_server(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The URL of a server that refuses connections, or takes them and never says a word."""

    wire = Wire()
    await wire.up()
    if request.param == "refusing":
        await wire.down()
    yield f"mongodb://127.0.0.1:{wire.port}/"
    await wire.down()


async def unavailable_in_time(call: Awaitable[object]) -> None:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await call
    assert time.monotonic() - started < LONGEST_ANSWER


CHANGE = TicketChange(order_id="order-1", version=3, status=TicketStatus.READY, cook=None, updated_at=utc_now())
CALLS: dict[str, Callable[[Store], Awaitable[object]]] = {
    "ping": lambda store: store.ping(),
    "find": lambda store: store.orders.find("order-1"),
    "add": lambda store: store.orders.add(an_order()),
    "save": lambda store: store.orders.save(an_order()),
    "get": lambda store: store.order_queries.get("order-1"),
    "list": lambda store: store.order_queries.list(OrderFilter(), limit=1, before_id=None),
    "count": lambda store: store.order_queries.count_by_status((OrderStatus.READY,), at_most=1),
    "claim_due": lambda store: store.outboxes["order"].claim_due("", 1),
    "take_for_repair": lambda store: store.outboxes["order"].take_for_repair("order-1"),
    "settle": lambda store: store.outboxes["order"].settle([Settlement(Claim("order", "order-1", "t", 0.0, []), 0)]),
    "renew": lambda store: store.outboxes["order"].renew([Claim("order", "order-1", "t", 0.0, [])]),
    "backlog": lambda store: store.outboxes["order"].backlog(),
    "dead_letters": lambda store: store.outboxes["order"].dead_letters(1),
    "append": lambda store: store.event_log.append(an_order().raised),
    "after": lambda store: store.event_log.after(0, 1),
    "apply": lambda store: store.ticket_board.apply([CHANGE]),
    "tickets": lambda store: store.ticket_board.list([], limit=1),
    "secret": lambda store: store.secrets.get_or_create("tokens", b"first"),
    "open": lambda store: store.open(),
}


async def test_every_call_says_in_time_that_the_store_is_unavailable(driver: Driver, dead_server: str) -> None:
    store = MongoStore(dead_server, driver=driver)
    answers = await asyncio.gather(
        *(unavailable_in_time(call(store)) for call in CALLS.values()), return_exceptions=True
    )
    await store.close()

    assert {name: answer for name, answer in zip(CALLS, answers, strict=True) if answer is not None} == {}


async def test_a_crowd_of_new_orders_is_refused_in_time_each_one(driver: Driver, dead_server: str) -> None:
    store = MongoStore(dead_server, driver=driver)

    async def add_after(seconds: float) -> None:
        await asyncio.sleep(seconds)
        await unavailable_in_time(store.orders.add(an_order()))

    answers = await asyncio.gather(*(add_after(n * 0.02) for n in range(120)), return_exceptions=True)
    await store.close()

    assert {answer for answer in answers if answer is not None} == set()


async def test_the_store_recovers_by_itself(driver: Driver, mongo_server: str) -> None:
    async with wire_to(mongo_server) as wire:
        database = f"test_{uuid.uuid4().hex}"
        store = MongoStore(f"mongodb://127.0.0.1:{wire.port}/{database}", driver=driver)
        await store.open()
        before, during, after = an_order(), an_order(), an_order()
        await store.orders.add(before)

        await wire.down()
        await unavailable_in_time(store.orders.add(during))
        await unavailable_in_time(store.ping())
        await wire.up()

        async def answers() -> bool:
            with suppress(StoreUnavailable):
                await store.ping()
                return True
            return False

        await eventually(answers)
        await store.orders.add(after)
        assert (await store.orders.get(before.id)).state == before.state
        assert (await store.orders.get(after.id)).state == after.state
        await store.close()
    await drop_database(mongo_server, database)
