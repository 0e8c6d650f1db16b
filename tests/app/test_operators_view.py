"""While something is wrong, `/health/ready` and `/metrics` say what, in time; and they stop when it is over."""

import asyncio
import resource
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo.uri_parser import parse_uri

from tests.app.operators_view import OperatorsView
from tests.app.orders import moved, placed
from tests.app.serving import PATIENCE, serving
from tests.contract.servers import Wire, drop_database
from tests.replay import serving as process
from tests.sinks import Behaviour, HalfReply, Reply, Request, Reset, Silence, Sink
from tests.waiting import eventually

SINK = "CloudEventsHandler"
FAILING = f"pizzeria_handler_failing{{{SINK}}}"
PAUSED = f"pizzeria_handler_paused{{{SINK}}}"


@asynccontextmanager
async def viewing(folder: Path, **settings: Any) -> AsyncIterator[OperatorsView]:
    """The view of a service that has just begun, with nothing wrong; its client is the staff's."""
    with serving(folder, **settings) as pizzeria:
        async with pizzeria.staff() as client:
            view = OperatorsView(client)
            await view.clear()
            yield view


@asynccontextmanager
async def viewing_process(**settings: str) -> AsyncIterator[tuple[OperatorsView, int]]:
    """The same of a process of its own, with its id: `settings` are environment variables."""
    async with (
        process.serving(**settings) as service,
        httpx.AsyncClient(base_url=service.url, timeout=PATIENCE, headers={"X-API-Key": process.API_KEY}) as client,
    ):
        view = OperatorsView(client)
        await view.clear()
        yield view, service.pid


# The store


async def test_a_file_that_another_process_locks_is_told(tmp_path: Path) -> None:
    async with viewing(tmp_path) as view:
        await placed(view.client)
        with closing(sqlite3.connect(tmp_path / "pizzeria.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await view.store_told()
            assert view.last["store"]["error"]
            other.execute("ROLLBACK")
        await view.clear()


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux can fill another process's disk")
async def test_a_full_disk_is_told_though_nobody_writes(tmp_path: Path) -> None:
    async with viewing_process(PIZZERIA_DATABASE_URL=f"sqlite:///{tmp_path}/pizzeria.db") as (view, pid):
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, most))
        await view.store_told()
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        await view.clear()
        await placed(view.client)


@pytest.mark.parametrize(("driver", "how"), [("motor", "down"), ("pymongo", "down"), ("motor", "mute")])
async def test_a_mongodb_that_is_away_or_hangs_is_told(mongo_server: str, driver: str, how: str) -> None:
    database = f"test_{uuid.uuid4().hex}"
    async with mute_wire_to(mongo_server) as wire:
        url = f"mongodb://127.0.0.1:{wire.port}/{database}"
        async with viewing_process(PIZZERIA_DATABASE_URL=url, PIZZERIA_MONGO_DRIVER=driver) as (view, _):
            await placed(view.client)
            await (wire.down() if how == "down" else wire.mute())
            await view.store_told()
            await (wire.up() if how == "down" else wire.speak())
            await view.clear()
    await drop_database(mongo_server, database)


# The sink


@pytest.mark.parametrize(
    ("behaviour", "error", "code"),
    [
        (Reply(500), "SinkRefused", 500),
        (Reply(301, {"Location": "http://127.0.0.1:1/"}), "SinkRefused", 301),
        (Reply(503), "Unavailable", 503),
        (Reply(429, {"Retry-After": "2"}), "Unavailable", 429),
        (Silence(), "Stalled", None),
        (Reply(after=6.0), "Stalled", None),
        (Reset(), "Unavailable", None),
        (HalfReply(), "Unavailable", None),
    ],
    ids=["500", "301", "503", "429", "never", "slowly", "resets", "half a reply"],
)
async def test_a_sink_that_takes_nothing_is_told_with_one_order_to_go_by(
    tmp_path: Path, behaviour: Behaviour, error: str, code: int | None
) -> None:
    async with Sink() as sink, viewing(tmp_path, cloudevents_sink=sink.url) as view:
        sink.behaviour = behaviour
        await placed(view.client)
        await view.told("handler_failing", FAILING)
        assert view.last["status"] == "degraded"
        assert view.last["backlog"]["failingHandlers"] == [{"handler": SINK, "error": error, "code": code}]
        sink.behaviour = Reply(202)
        await view.clear()


async def test_a_timeout_that_was_set_is_told_by_its_name(tmp_path: Path) -> None:
    settings = {"cloudevents_timeout_seconds": 0.3}
    async with Sink() as sink, viewing(tmp_path, cloudevents_sink=sink.url, **settings) as view:
        sink.behaviour = Silence()
        await placed(view.client)
        await view.told("handler_failing", FAILING)
        assert view.last["backlog"]["failingHandlers"][0]["error"] == "TimedOut"
        sink.behaviour = Reply(202)
        await view.clear()


async def test_a_handler_that_pauses_is_told_and_finds_out_in_time_that_the_sink_is_back(tmp_path: Path) -> None:
    async with Sink() as sink, viewing(tmp_path, cloudevents_sink=sink.url) as view:
        await sink.refuse_connections()
        await asyncio.gather(*(placed(view.client) for _ in range(10)))
        await view.told("handler_paused", PAUSED)
        await asyncio.sleep(6)  # so that its pauses have grown to their longest
        await view.look()
        assert view.last["backlog"]["pausedHandlers"] == [SINK]
        assert view.last["backlog"]["waitingByHandler"] == {SINK: 10 + 1}  # the orders, and their customer
        await sink.accept_connections()
        await view.clear()


async def test_a_try_that_hangs_does_not_keep_a_handler_from_finding_out_that_the_sink_is_back(tmp_path: Path) -> None:
    async with Sink() as sink, viewing(tmp_path, cloudevents_sink=sink.url, cloudevents_timeout_seconds=14) as view:
        sink.behaviour = Silence()
        await asyncio.gather(*(placed(view.client) for _ in range(5)))
        await view.told("handler_failing", FAILING)
        await sink.wait_until(lambda: len(sink.requests) > 6, 20)  # all that are told are given up, one has begun
        await sink.wait_until(lambda: len(sink.requests) > 7, 8)  # which hangs, and yet there is another
        sink.behaviour = Reply(202)
        await view.clear()


async def test_one_bad_event_among_good_ones_waits_and_does_not_make_its_handler_failing(tmp_path: Path) -> None:
    async with Picky() as sink, viewing(tmp_path, cloudevents_sink=sink.url) as view:
        sink.refused = (await placed(view.client))["id"]
        await moved(view.client, sink.refused, "confirm")

        async def waits_and_is_tried_again() -> bool:
            for _ in range(20):
                await placed(view.client)  # before each look: a slow machine must not make a silence of its own
                await view.look()
                assert "handler_failing" not in view.last["reasons"]
            tries = view.metrics.get(f"pizzeria_delivery_retries_total{{{SINK},SinkRefused}}", 0)
            return tries >= 3 and view.metrics[f"pizzeria_handler_waiting_documents{{{SINK}}}"] == 1

        await eventually(waits_and_is_tried_again, 20)


# What is left to be done


@pytest.mark.parametrize(("repair", "arrives"), [("redrive", True), ("discard", False)])
async def test_a_dead_letter_is_told_until_it_is_redriven_or_discarded(
    tmp_path: Path, repair: str, arrives: bool
) -> None:
    async with Sink() as sink, viewing(tmp_path, cloudevents_sink=sink.url) as view:
        sink.script(Reply(415))
        await placed(view.client)
        await view.told("dead_letters", "pizzeria_dead_letters_documents")
        assert view.last["backlog"]["deadLetters"] == 1
        (letter,) = (await view.client.get("/api/dead-letters")).json()["items"]
        address = f"/api/dead-letters/{letter['id']}"
        await (view.client.post(f"{address}/redrive") if repair == "redrive" else view.client.delete(address))
        if arrives:
            await sink.wait_until(lambda: letter["event"]["id"] in sink.ids)
        await view.clear()
        assert (letter["event"]["id"] in sink.ids) is arrives


async def test_a_lease_that_was_lost_is_told_for_a_while(tmp_path: Path) -> None:
    async with (
        Sink() as sink,
        viewing(tmp_path, cloudevents_sink=sink.url, lease_seconds=1.0) as view,
    ):
        sink.script(Reply(after=1.5))
        order = await placed(view.client)
        await eventually(lambda: sink.requests != [])
        with closing(sqlite3.connect(tmp_path / "pizzeria.db", isolation_level=None, timeout=5)) as other:
            other.execute("UPDATE orders SET lease = 'another' WHERE id = ?", (order["id"],))
        await view.told("leases_lost", "pizzeria_leases_lost_total")
        assert view.last["backlog"]["leasesLost"] == 1
        await view.clear()


class Picky(Sink):
    """Refuses what it is sent about one order, and takes all else."""

    refused = ""

    def next_behaviour(self, request: Request) -> Behaviour:
        self.requests.append(request)
        of_it = f'"subject":"{self.refused}"'.encode()
        return Reply(500) if self.refused and of_it in request.body else Reply(202)


class MuteWire(Wire):
    """It can stop passing on what it is sent, with every connection left open."""

    def __init__(self, target: tuple[str, int] | None = None) -> None:
        super().__init__(target)
        self._speaks = asyncio.Event()
        self._speaks.set()

    async def mute(self) -> None:
        self._speaks.clear()

    async def speak(self) -> None:
        self._speaks.set()

    async def _requests(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
        while data := await source.read(1 << 20):
            await self._speaks.wait()
            to.write(data)
            await to.drain()


@asynccontextmanager
async def mute_wire_to(url: str) -> AsyncIterator[MuteWire]:
    host, port = parse_uri(url)["nodelist"][0]
    wire = MuteWire((host, port or 27017))
    await wire.up()
    try:
        yield wire
    finally:
        await wire.down()
