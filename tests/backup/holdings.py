"""What a database holds, read past the service."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from infrastructure.kinds import CUSTOMERS, ORDERS
from infrastructure.mongo.client import Document
from infrastructure.serialization import pending_from_json

SQLITE = "sqlite:///"
#: Where aggregates are each of whose versions has its event.
HOMES = (ORDERS.home, CUSTOMERS.home)


@dataclass(slots=True)
class Held:
    """What a store holds: by aggregate its version, and its events' versions in the log and in the document."""

    version: dict[str, int] = field(default_factory=dict)
    pending: dict[str, list[int]] = field(default_factory=dict)
    logged: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    positions: list[int] = field(default_factory=list)
    leases: int = 0
    orders: set[str] = field(default_factory=set)


async def held(database: dict[str, str]) -> Held:
    url = database["database_url"]
    if url.startswith(SQLITE):
        return held_by_sqlite(path_of(database))
    async with AsyncMongoClient[Document](url) as client:
        return await held_by_mongo(client.get_default_database())


def held_by_sqlite(path: Path) -> Held:
    found = Held()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found.orders = {order_id for (order_id,) in connection.execute("SELECT id FROM orders")}
        rows = " UNION ALL ".join(f"SELECT id, version, pending, lease FROM {home}" for home in HOMES)  # noqa: S608
        for aggregate_id, version, pending, lease in connection.execute(rows):
            found.version[aggregate_id] = version
            found.pending[aggregate_id] = [entry.event.aggregate_version for entry in pending_from_json(pending)]
            found.leases += lease is not None
        for position, order_id, version in connection.execute(
            "SELECT position, aggregate_id, aggregate_version FROM events ORDER BY position"
        ):
            found.logged[order_id].append(version)
            found.positions.append(position)
    return found


async def held_by_mongo(database: Any) -> Held:
    found = Held()
    found.orders = set(await database[ORDERS.home].distinct("_id"))
    for home in HOMES:
        async for kept in database[home].find({}):
            found.version[kept["_id"]] = kept["version"]
            found.pending[kept["_id"]] = [entry["data"]["aggregate_version"] for entry in kept["pending"]]
            found.leases += "lease" in kept
    async for event in database["events"].find({}).sort("_id", 1):
        found.logged[event["aggregate_id"]].append(event["aggregate_version"])
        found.positions.append(event["_id"])
    return found


async def is_absent(database: dict[str, str]) -> bool:
    url = database["database_url"]
    if url.startswith(SQLITE):
        return not path_of(database).exists()
    async with AsyncMongoClient[Document](url) as client:
        return not await client.get_default_database().list_collection_names()


def path_of(database: dict[str, str]) -> Path:
    return Path(database["database_url"].removeprefix(SQLITE))


def names_in(folder: Path) -> list[str]:
    return sorted(found.name for found in folder.iterdir())
