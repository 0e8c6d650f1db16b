"""A day of a real pizzeria, sent over HTTP to the service as users run it."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from itertools import groupby
from pathlib import Path

import pytest
from pymongo import AsyncMongoClient

from app.replay.client import PizzeriaClient, connect
from app.replay.failure import Refused
from app.replay.pizzaplace import HistoricOrder, Pizzaplace, load_pizzaplace
from app.replay.walk import order_request, walk_all
from tests.contract.servers import in_database, mongo_url
from tests.replay.serving import API_KEY, replay, serving
from tests.sinks import Sink

ORDERS_OF_THE_FIRST_DAY = 69
DELIVERED = ["placed", "confirmed", "cooking-started", "ready", "shipped", "delivered"]
COLLECTED = ["placed", "confirmed", "cooking-started", "ready", "collected"]


@pytest.fixture(scope="module")
def year() -> Pizzaplace:
    return load_pizzaplace()


@pytest.fixture
def first_day(year: Pizzaplace) -> list[HistoricOrder]:
    return year.between(None, None, 1)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/pizzeria.db"


@pytest.fixture(params=["sqlite", "mongo"])
async def database_url(request: pytest.FixtureRequest, sqlite: str) -> AsyncIterator[str]:
    if request.param == "sqlite":
        yield sqlite
        return
    server, name = mongo_url(), f"test_{uuid.uuid4().hex}"
    yield in_database(server, name)
    async with AsyncMongoClient[dict[str, object]](server) as client:
        await client.drop_database(name)


async def test_a_day_arrives_complete_and_each_event_reaches_the_sink_once_and_in_order(database_url: str) -> None:
    async with (
        Sink() as sink,
        serving(PIZZERIA_DATABASE_URL=database_url, PIZZERIA_CLOUDEVENTS_SINK=sink.url) as service,
    ):
        exit_code, report = await replay(service, "--days", "1")

        assert exit_code == 0, report
        assert f"{ORDERS_OF_THE_FIRST_DAY} orders in" in report
        assert len(sink.ids) == len(set(sink.ids))
        assert sorted(steps_by_order(sink)) == sorted([DELIVERED] * 35 + [COLLECTED] * 34)
        assert await service.stop() == 0


async def test_a_replay_goes_on_where_an_earlier_one_stopped(
    sqlite: str, first_day: list[HistoricOrder], year: Pizzaplace
) -> None:
    async with (
        Sink() as sink,
        serving(PIZZERIA_DATABASE_URL=sqlite, PIZZERIA_CLOUDEVENTS_SINK=sink.url) as service,
    ):
        async with connect(service.url, API_KEY, 4) as client:
            await client.replace_menu(year.menu)
            await walk_all(client, first_day[:10], lambda: None)
            begun = await place(client, first_day[10])
            await client.move(begun, "confirm")
            await client.move(begun, "cook")

        exit_code, report = await replay(service, "--days", "1")

        assert exit_code == 0, report
        assert sorted(steps_by_order(sink)) == sorted([DELIVERED] * 35 + [COLLECTED] * 34)


async def test_a_replay_outlives_a_crash_of_the_service(
    sqlite: str, first_day: list[HistoricOrder], year: Pizzaplace
) -> None:
    async with (
        Sink() as sink,
        serving(
            PIZZERIA_DATABASE_URL=sqlite, PIZZERIA_CLOUDEVENTS_SINK=sink.url, PIZZERIA_LEASE_SECONDS="1"
        ) as service,
    ):
        replaying = asyncio.create_task(replay(service, "--days", "1"))
        await sink.wait_for_events(100, 60)
        await service.kill()
        await service.start()
        exit_code, report = await replaying

        assert exit_code == 0, report
        assert sorted(steps_by_order(sink)) == sorted([DELIVERED] * 35 + [COLLECTED] * 34)


async def test_a_full_kitchen_is_waited_for(sqlite: str, first_day: list[HistoricOrder], year: Pizzaplace) -> None:
    async with (
        serving(PIZZERIA_DATABASE_URL=sqlite, PIZZERIA_KITCHEN_CAPACITY="1") as service,
        connect(service.url, API_KEY, 6) as client,
    ):
        await client.replace_menu(year.menu)
        finished = await walk_all(client, first_day[:12], lambda: None)

        assert sorted(finished.values(), key=lambda order: order.number) == first_day[:12]
        assert client.repeats > 0


async def test_a_replay_fails_where_the_service_does_not_hold_what_was_sent(
    sqlite: str, first_day: list[HistoricOrder], year: Pizzaplace
) -> None:
    async with serving(PIZZERIA_DATABASE_URL=sqlite) as service:
        async with connect(service.url, API_KEY, 1) as client:
            await client.replace_menu(year.menu)
            await client.move(await place(client, first_day[0]), "cancel")

        exit_code, report = await replay(service, "--days", "1", "--settle", "0")

        assert exit_code == 1
        assert "68" in report
        assert "NO" in report


async def test_a_replay_stops_at_once_where_its_key_is_refused_or_nobody_listens(sqlite: str) -> None:
    async with serving(PIZZERIA_DATABASE_URL=sqlite) as service:
        async with connect(service.url, "not-the-key", 1) as client:
            with pytest.raises(Refused, match="401"):
                await client.replace_menu({})
        await service.stop()

        exit_code, report = await replay(service, "--days", "1")

        assert exit_code == 1
        assert "went unanswered" in report


async def place(client: PizzeriaClient, order: HistoricOrder) -> str:
    return (await client.place(order_request(order), f"pizzaplace-{order.id}")).id


def steps_by_order(sink: Sink) -> list[list[str]]:
    """For each order the steps that the sink was told of, in the order in which it first heard of each. It hears of the
    menu too."""
    first_heard = {event.get_id(): event for event in sink.events if ".order." in event.get_type()}
    told = [(event.get_subject() or "", event.get_type().split(".")[-2]) for event in first_heard.values()]
    return [[step for _, step in steps] for _, steps in groupby(sorted(told, key=lambda t: t[0]), lambda t: t[0])]
