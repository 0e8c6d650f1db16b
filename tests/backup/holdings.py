"""What a database holds, read past the service."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient

from infrastructure.mongo.client import Document
from infrastructure.serialization import pending_from_json

SQLITE = "sqlite:///"


@dataclass(slots=True)
class Held:
    """What a store holds: by order its version, and its events' versions in the log and in the document."""

    version: dict[str, int] = field(default_factory=dict)
    pending: dict[str, list[int]] = field(default_factory=dict)
    logged: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    positions: list[int] = field(default_factory=list)
    leases: int = 0


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
        for order_id, version, pending, lease in connection.execute("SELECT id, version, pending, lease FROM orders"):
            found.version[order_id] = version
            found.pending[order_id] = [entry.event.aggregate_version for entry in pending_from_json(pending)]
            found.leases += lease is not None
        for position, order_id, version in connection.execute(
            "SELECT position, aggregate_id, aggregate_version FROM events ORDER BY position"
        ):
            found.logged[order_id].append(version)
            found.positions.append(position)
    return found


async def held_by_mongo(database: Any) -> Held:
    found = Held()
    async for order in database["orders"].find({}):
        found.version[order["_id"]] = order["version"]
        found.pending[order["_id"]] = [entry["data"]["aggregate_version"] for entry in order["pending"]]
        found.leases += "lease" in order
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
