"""Sums up to a month on MongoDB, of which each part is a document: one may be older than the other, or missing."""

import uuid
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from application.analytics.calendar import Level
from application.analytics.figures import Customers
from application.analytics.keeper import FIRST, LAST
from application.analytics.reader import Range
from infrastructure.mongo.client import Document
from infrastructure.mongo.store import MongoStore
from tests.contract.servers import drop_database, in_database
from tests.contract.test_order_facts import NOON
from tests.contract.test_roll_ups import ROME, assert_told, keeper_of, many_facts

FACTS = many_facts(120, NOON, 300)
SUMS = {"_id": {"$regex": r"^Europe/Rome\|customers\|until\|"}}
TOKENS = {"_id": {"$regex": r"^Europe/Rome\|timeline\|until\|"}}


@pytest.fixture(params=["motor", "pymongo"])
async def store(request: pytest.FixtureRequest, mongo_server: str) -> AsyncIterator[MongoStore]:
    """With sums up to every month."""
    database = f"test_{uuid.uuid4().hex}"
    opened = MongoStore(in_database(mongo_server, database), driver=request.param)
    await opened.open()
    await opened.order_facts.apply(FACTS)
    await keeper_of(opened).refresh_all()
    assert await sums(opened) != {}
    yield opened
    await opened.close()
    await drop_database(mongo_server, database)


async def sums(store: MongoStore) -> dict[str, Document]:
    return {document["_id"]: document async for document in store.database["roll_ups"].find(SUMS)}


async def test_what_an_older_version_kept_without_a_part_for_its_token_is_made_anew(store: MongoStore) -> None:
    before = await sums(store)
    await store.database["roll_ups"].delete_many(TOKENS)
    await store.database["roll_ups"].update_many(SUMS, {"$set": {"token": "older"}})

    await assert_told(store, FACTS, Range())
    await keeper_of(store).refresh_all()

    assert await sums(store) == before


async def test_a_sum_that_is_older_than_its_token_says_is_made_anew(store: MongoStore) -> None:
    before = await sums(store)
    await store.database["roll_ups"].update_many(SUMS, {"$set": {"token": "before", "data": b"\x80"}})

    for within in (Range(), Range(start=NOON + timedelta(days=40), end=NOON + timedelta(days=260))):
        await assert_told(store, FACTS, within)
    assert len(await store.roll_ups.figures(ROME.name, Level.UNTIL, FIRST, LAST, Customers)) == len(before)
    mended = await sums(store)
    assert {id_ for id_, document in mended.items() if document == before[id_]} >= {max(before)}
