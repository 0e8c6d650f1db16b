"""Fault 3: the database ends, is killed, or is away for a while, and comes back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle, islice
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from tests.contract.servers import in_database, wire_to
from tests.faults.away import Ordeal
from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.mongo_server import MongoServer, own_mongo_server
from tests.faults.outages import LockHolder, Outage, mongo_outages, sqlite_outages

KINDS = {
    "stopped": ("a", "database stopped, under load"),
    "killed": ("b", "database killed (`kill -9`), then back with its data"),
    "away": ("c", "database away for a minute"),
}


@pytest.fixture
async def own_server(store: str) -> AsyncIterator[MongoServer | None]:
    if store != "mongodb":
        yield None
        return
    async with own_mongo_server() as server:
        yield server


@pytest.fixture
def mongo_server() -> str:
    """In place of the one that all tests share: `own_server`, which tests have to ask for first."""
    return MongoServer().url


async def store_away(lab: Lab, server: MongoServer | None, kind: str) -> Verdict:
    """The store goes away under load, until health has told it and for a while longer, and comes back, many times."""
    seconds = lab.size(full=60, short=2) if kind == "away" else lab.random.uniform(0, 1)
    async with _outages(lab, server, kind) as (database_url, outages):
        times = lab.size(full=20, short=len(outages))
        replica = await lab.started(PIZZERIA_DATABASE_URL=database_url)
        ordeal = Ordeal(lab, replica, lab.traffic(), seconds)
        return await ordeal.run(islice(cycle(outages), times), orders_between=lab.size(full=100, short=20))


@asynccontextmanager
async def _outages(lab: Lab, server: MongoServer | None, kind: str) -> AsyncIterator[tuple[str, list[Outage]]]:
    """The address at which the service finds the store, and the ways in which that goes away."""
    if server is None:
        holder = LockHolder(Path(lab.database_url.removeprefix("sqlite:///")))
        try:
            yield lab.database_url, sqlite_outages(holder, kind)
        finally:
            await holder.kill()
        return
    async with wire_to(server.url) as wire:
        database = parse_uri(lab.database_url)["database"]
        yield in_database(f"mongodb://127.0.0.1:{wire.port}/", database), mongo_outages(server, wire, kind)


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.fault(3, title, part=part)) for kind, (part, title) in KINDS.items()],
)
async def test_while_the_store_is_away_nothing_is_promised_and_then_all_goes_on(
    own_server: MongoServer | None, lab: Lab, kind: str, conclude: Conclude
) -> None:
    conclude(lab, await store_away(lab, own_server, kind))
