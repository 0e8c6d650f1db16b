"""The store's books as an auditor reads them: straight from the file or the server, past the service and its code."""

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pymongo import AsyncMongoClient

from tests.faults.effects_books import Effects, read_mongo, read_sqlite

#: Whose events the log has beside those of orders, and whose may wait: what traffic changes, and what it finds there.
OTHERS = ("customers", "ingredients", "recipe_books")
HOMES = ("orders", "incoming", *OTHERS)


@dataclass(frozen=True, slots=True)
class Pending:
    """An event that still has to be delivered: to the handlers in `todo` (None: to all that take it). `parked` where
    one has given it up."""

    event_id: str
    type: str
    version: int
    parked: bool
    todo: frozenset[str] | None = None

    def waits_for(self, handler: str) -> bool:
        return self.todo is None or handler in self.todo


@dataclass(frozen=True, slots=True)
class OrderEntry:
    """`payments` are ids and amounts."""

    version: int
    status: str
    pending: tuple[Pending, ...]
    lease: str | None
    payments: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class LogEntry:
    order_id: str
    version: int
    type: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Books:
    """`log` is what it tells of all but `OTHERS`, in the order of its positions; `tickets` tells the version that each
    order's ticket has seen."""

    orders: Mapping[str, OrderEntry]
    log: list[LogEntry]
    tickets: Mapping[str, int]
    places: tuple[str, ...]
    #: What came in, by the inbox's ids, with what still waits of it.
    incoming: Mapping[str, tuple[Pending, ...]] = field(default_factory=dict)
    #: What still waits of the events of `OTHERS`, by their ids.
    others: Mapping[str, tuple[Pending, ...]] = field(default_factory=dict)
    effects: Effects = field(default_factory=Effects)

    @property
    def waiting(self) -> frozenset[str]:
        """The orders and others with events that wait, parked ones included."""
        return frozenset(found for found, pending in self._pending.items() if pending)

    @property
    def parked(self) -> frozenset[str]:
        """The orders and others with an event that some handler has given up."""
        return frozenset(found for found, pending in self._pending.items() if any(p.parked for p in pending))

    @property
    def _pending(self) -> dict[str, tuple[Pending, ...]]:
        return {order_id: order.pending for order_id, order in self.orders.items()} | dict(self.others)

    @property
    def leased(self) -> int:
        return sum(order.lease is not None for order in self.orders.values())


class Auditor(Protocol):
    """Reads the books of one store."""

    async def read(self) -> Books: ...

    async def waiting(self) -> int:
        """How many orders and others, and how much of what came in, have events that wait, parked ones included."""
        ...

    async def size(self) -> int:
        """What the store takes on disk, in bytes."""
        ...

    async def close(self) -> None: ...


class SqliteAuditor:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> Books:
        return await asyncio.to_thread(self._read)

    async def waiting(self) -> int:
        with closing(self._connect()) as connection:
            counts = (f"SELECT count(*) FROM {home} WHERE pending_count > 0" for home in HOMES)  # noqa: S608
            return sum(int(connection.execute(count).fetchone()[0]) for count in counts)

    async def size(self) -> int:
        files = (self._path, self._path.with_name(f"{self._path.name}-wal"))
        return sum(file.stat().st_size for file in files if file.exists())

    async def close(self) -> None: ...

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=30)

    def _read(self) -> Books:
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")  # one snapshot for all
            orders = connection.execute(
                "SELECT id, version, status, pending, lease, json_extract(state, '$.payments') FROM orders"
            ).fetchall()
            incoming = connection.execute("SELECT id, pending FROM incoming").fetchall()
            others = [
                row
                for home in OTHERS
                for row in connection.execute(f"SELECT id, pending FROM {home}").fetchall()  # noqa: S608
            ]
            log = connection.execute(
                "SELECT aggregate_id, aggregate_version, type, json_extract(data, '$.event_id') FROM events"
                " ORDER BY position"
            ).fetchall()
            tickets = connection.execute("SELECT order_id, version FROM tickets").fetchall()
            kitchen = json.loads(connection.execute("SELECT state FROM kitchens").fetchone()[0])
            effects = read_sqlite(connection)
        of_others = {found for found, _ in others}
        return Books(
            orders={
                order_id: OrderEntry(
                    version, status, _pending(json.loads(pending or "[]")), lease, _payments(json.loads(payments))
                )
                for order_id, version, status, pending, lease, payments in orders
            },
            log=[LogEntry(*row) for row in log if row[0] not in of_others],
            tickets=dict(tickets),
            places=_places(kitchen),
            incoming={entry_id: _pending(json.loads(pending or "[]")) for entry_id, pending in incoming},
            others={found: _pending(json.loads(pending or "[]")) for found, pending in others},
            effects=effects,
        )


class MongoAuditor:
    def __init__(self, url: str, database: str) -> None:
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url, tz_aware=True)
        self._database = self._client[database]

    async def read(self) -> Books:
        orders = await self._all(
            "orders", {"version": 1, "state.status": 1, "state.payments": 1, "pending": 1, "lease": 1}
        )
        log = await self._all("events", {"aggregate_id": 1, "aggregate_version": 1, "type": 1, "event_id": 1})
        tickets = await self._all("tickets", {"version": 1})
        incoming = await self._all("incoming", {"pending": 1})
        others = [found for home in OTHERS for found in await self._all(home, {"pending": 1})]
        kitchens = await self._all("kitchens", {"state": 1})
        of_others = {found["_id"] for found in others}
        return Books(
            orders={
                found["_id"]: OrderEntry(
                    found["version"],
                    found["state"]["status"],
                    _pending(found["pending"]),
                    found.get("lease"),
                    _payments(found["state"]["payments"]),
                )
                for found in orders
            },
            log=[
                LogEntry(found["aggregate_id"], found["aggregate_version"], found["type"], found["event_id"])
                for found in sorted(log, key=lambda found: int(found["_id"]))
                if found["aggregate_id"] not in of_others
            ],
            tickets={found["_id"]: found["version"] for found in tickets},
            places=_places(kitchens[0]["state"]),
            incoming={found["_id"]: _pending(found["pending"]) for found in incoming},
            others={found["_id"]: _pending(found["pending"]) for found in others},
            effects=await read_mongo(self._database),
        )

    async def waiting(self) -> int:
        there = {"pending.0": {"$exists": True}}
        return sum([await self._database[home].count_documents(there) for home in HOMES])

    async def size(self) -> int:
        statistics = await self._database.command("dbStats")
        return int(statistics["totalSize"])

    async def close(self) -> None:
        await self._client.close()

    async def _all(self, collection: str, fields: dict[str, int]) -> list[dict[str, Any]]:
        return await self._database[collection].find({}, fields).to_list(None)


def _pending(stored: list[dict[str, Any]]) -> tuple[Pending, ...]:
    return tuple(
        Pending(
            entry["data"]["event_id"],
            entry["type"],
            entry["data"]["aggregate_version"],
            any(delivery.get("parked_at") for delivery in (entry.get("todo") or {}).values()),
            None if entry.get("todo") is None else frozenset(entry["todo"]),
        )
        for entry in stored
    )


def _payments(stored: list[dict[str, Any]]) -> tuple[tuple[str, int], ...]:
    return tuple((payment["id"], payment["amount"]) for payment in stored)


def _places(kitchen: dict[str, Any]) -> tuple[str, ...]:
    return tuple(place["order_id"] for place in kitchen["places"])
