"""The stock room on MongoDB when answers get lost, workers freeze and processes die between two of its writes."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from application.clock import utc_now
from application.ports.stock import StockRoom
from domain.errors import SoldOut
from domain.identity import new_order_id
from domain.stock import Level, Movement, MovementKind, reservations
from infrastructure.mongo.client import Document, Driver
from infrastructure.mongo.stock_counters import COUNTERS_ID, PEN_LIFE, key_of
from infrastructure.mongo.store import MongoStore
from tests.contract.servers import Wire, drop_database, in_database, wire_to
from tests.contract.test_stock_room import check_books, delivery
from tests.waiting import eventually

NOW = utc_now()


@dataclass(slots=True)
class Branch:
    """One database, seen by `here` and `there` over a wire that can be cut, and by `beside` past it."""

    here: MongoStore
    there: MongoStore
    beside: MongoStore
    wire: Wire

    @property
    def room(self) -> StockRoom:
        return self.here.stock_room

    async def document(self) -> Document:
        return await self.beside.database["stock"].find_one({"_id": COUNTERS_ID}) or {}

    async def is_tidy(self) -> bool:
        return not (await self.document()).get("marks")


@pytest.fixture(params=["motor", "pymongo"])
async def branch(request: pytest.FixtureRequest, mongo_server: str) -> AsyncIterator[Branch]:
    driver: Driver = request.param
    database = f"test_{uuid.uuid4().hex}"
    async with wire_to(mongo_server) as wire:
        over_the_wire = f"mongodb://127.0.0.1:{wire.port}/{database}"
        urls = [over_the_wire, over_the_wire, in_database(mongo_server, database)]
        stores = [MongoStore(url, driver=driver) for url in urls]
        for store in stores:
            await store.open()
            await store.stock_room.apply([delivery("dough", 10), delivery("basil", 10)])
        here, there, beside = stores
        found = Branch(here, there, beside, wire)
        await eventually(found.is_tidy)
        yield found
        for store in stores:
            await store.close()
    await drop_database(mongo_server, database)


@pytest.mark.parametrize("loss", ["request lost", "reply lost"])
async def test_a_reservation_is_made_once_when_the_connection_breaks(branch: Branch, loss: str) -> None:
    order_id = new_order_id(NOW)
    lose = branch.wire.lose_reply if loss == "reply lost" else branch.wire.lose_request
    lose(order_id.encode())

    await branch.room.reserve(order_id, {"dough": 4}, NOW)

    assert branch.wire.cuts == 1
    assert (await branch.room.levels())["dough"] == Level(on_hand=30, reserved=4)
    await check_books(branch.room)


@pytest.mark.parametrize("loss", ["request lost", "reply lost"])
async def test_a_movement_counts_once_when_the_connection_breaks(branch: Branch, loss: str) -> None:
    lose = branch.wire.lose_reply if loss == "reply lost" else branch.wire.lose_request
    lose(b"van-42")

    await branch.room.apply([delivery("dough", 5, "van-42"), delivery("basil", 1, "van-43")])

    assert branch.wire.cuts == 1
    levels = await branch.room.levels()
    assert levels == {"dough": Level(on_hand=35), "basil": Level(on_hand=31)}
    await check_books(branch.room)


async def test_an_order_that_lost_the_race_is_not_taken_for_served(branch: Branch) -> None:
    await branch.room.reserve(new_order_id(NOW), {"dough": 1}, NOW)  # so that it knows what was available
    await branch.beside.stock_room.reserve(new_order_id(NOW), {"dough": 28}, NOW)
    branch.wire.lose_request(b"findAndModify")

    with pytest.raises(SoldOut):
        await branch.room.reserve(new_order_id(NOW), {"dough": 2}, NOW)

    assert (await branch.room.levels())["dough"] == Level(on_hand=30, reserved=29)


async def test_a_worker_that_was_frozen_between_its_look_and_its_write_changes_nothing(branch: Branch) -> None:
    late = delivery("dough", 5, "van-42")
    branch.wire.gather_requests(b"findAndModify", parties=2)
    frozen = asyncio.create_task(branch.room.apply([late]))
    await eventually(lambda: branch.wire.held == 1)  # it has looked, and its write is held back

    await branch.beside.stock_room.apply([late])
    await eventually(branch.is_tidy)
    await branch.there.stock_room.apply([delivery("basil", 1)])  # lets both through

    assert await frozen == [late]
    assert branch.wire.gathered
    assert (await branch.room.levels())["dough"] == Level(on_hand=35)
    await check_books(branch.room)


async def test_what_a_dead_process_had_counted_enters_the_ledger(branch: Branch) -> None:
    order_id = new_order_id(NOW)
    (made,) = reservations(order_id, {"dough": 3}, NOW - timedelta(minutes=9))
    mark = {"ingredient": "dough", "kind": "reserved", "reserved": 3, "at": made.at, "order_id": order_id}
    died_here = {"$inc": {"available.dough": -3}, "$set": {f"marks.{key_of(made.id)}": mark}}
    await branch.beside.database["stock"].update_one({"_id": COUNTERS_ID}, died_here)

    assert await branch.room.of_orders([order_id]) == [made]
    assert await branch.room.unseen(NOW, 10) == [order_id]
    await check_books(branch.room)
    await eventually(branch.is_tidy)
    await check_books(branch.room)


async def test_a_pen_that_nobody_uses_is_taken_away_and_its_process_gets_another(branch: Branch) -> None:
    pens = set((await branch.document())["pens"])
    assert len(pens) == 3
    old = {f"pens.{pen}.at": NOW - 2 * PEN_LIFE for pen in pens}
    await branch.beside.database["stock"].update_one({"_id": COUNTERS_ID}, {"$set": old})

    await branch.beside.stock_room.unseen(NOW, 10)
    assert len((await branch.document())["pens"]) == 1
    await branch.room.apply([delivery("dough", 5)])
    await branch.there.stock_room.reserve(new_order_id(NOW), {"dough": 1}, NOW)

    assert (await branch.room.levels())["dough"] == Level(on_hand=35, reserved=1)
    await check_books(branch.room)


async def test_reservations_that_come_together_share_a_write(mongo_server: str) -> None:
    commands: list[str] = []
    database = f"test_{uuid.uuid4().hex}"
    store = MongoStore(in_database(mongo_server, database), observe=lambda command, _: commands.append(command))
    await store.open()
    await store.stock_room.apply([delivery("dough", 60)])
    commands.clear()

    await asyncio.gather(*(store.stock_room.reserve(new_order_id(NOW), {"dough": 2}, NOW) for _ in range(30)))

    assert commands.count("findAndModify") <= 3
    assert (await store.stock_room.levels())["dough"] == Level(on_hand=60, reserved=60)
    await store.close()
    await drop_database(mongo_server, database)


def test_a_name_may_hold_what_a_field_may_not() -> None:
    assert key_of("v1.5 $%") == "v1%2E5 %24%25"
    assert Movement(id="x", ingredient="v1.5", kind=MovementKind.OPENING, at=NOW).available == 0
