"""What a store really holds, read and aged past the code under test: with sqlite3 and with plain PyMongo."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from pymongo import MongoClient

from tests.model.model import About, Task, to_ms

#: An event that waits: its id, its version, and what is to do by handler, None where nobody has seen it.
Waiting = tuple[str, int, dict[str, Task] | None]


@dataclass(slots=True)
class Row:
    """One order as it is kept. Moments in milliseconds since 1970."""

    version: int
    status: str
    pending: list[Waiting]
    lease: str | None
    due: int | None
    lane: str | None
    since: int | None
    parked: int | None


class Shelf(Protocol):
    def read(self) -> dict[str, Row]:
        """Every order, by its id."""
        ...

    def set_due(self, order_id: str, due: int) -> None:
        """As if the clock stood elsewhere: a lease that is moved into the past has expired."""
        ...

    def pass_time(self, order_id: str, until: int) -> None:
        """What was due later than `until`, retries included, is due then."""
        ...

    def wipe(self) -> None: ...

    def close(self) -> None: ...


class SqliteShelf:
    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA synchronous = OFF")

    def read(self) -> dict[str, Row]:
        rows = self._connection.execute(
            "SELECT id, version, state, pending, pending_count, lease, next_attempt_at, lane, pending_since, parked_at,"
            " status FROM orders"
        ).fetchall()
        found = {}
        for order_id, version, state, stored, count, lease, due, lane, since, parked, status in rows:
            pending = json.loads(stored or "[]")
            assert count == len(pending)
            assert status == json.loads(state)["status"]
            found[order_id] = Row(version, status, [_waiting(e) for e in pending], lease, due, lane, since, parked)
        return found

    def set_due(self, order_id: str, due: int) -> None:
        self._connection.execute("UPDATE orders SET next_attempt_at = ? WHERE id = ?", (due, order_id))

    def pass_time(self, order_id: str, until: int) -> None:
        self.set_due(order_id, until)
        ((stored,),) = self._connection.execute("SELECT pending FROM orders WHERE id = ?", (order_id,))
        pending = json.loads(stored or "[]")
        moment = datetime.fromtimestamp(until / 1000).astimezone().isoformat()
        if _bring_forward(pending, until, moment):
            self._connection.execute(
                "UPDATE orders SET pending = ? WHERE id = ?", (json.dumps(pending).encode(), order_id)
            )

    def wipe(self) -> None:
        self._connection.execute("DELETE FROM orders")

    def close(self) -> None:
        self._connection.close()


class MongoShelf:
    def __init__(self, server: str, database: str) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(server, tz_aware=True)
        self._database = database
        self._orders = self._client[database]["orders"]

    def read(self) -> dict[str, Row]:
        return {
            document["_id"]: Row(
                document["version"],
                document["state"]["status"],
                [_waiting(entry) for entry in document["pending"]],
                document.get("lease"),
                _ms(document.get("next_attempt_at")),
                document.get("lane"),
                _ms(document.get("pending_since")),
                _ms(document.get("parked_at")),
            )
            for document in self._orders.find()
        }

    def set_due(self, order_id: str, due: int) -> None:
        self._orders.update_one({"_id": order_id}, {"$set": {"next_attempt_at": _moment(due)}})

    def pass_time(self, order_id: str, until: int) -> None:
        document = self._orders.find_one({"_id": order_id}) or {}
        change: dict[str, Any] = {"next_attempt_at": _moment(until)}
        if _bring_forward(document["pending"], until, _moment(until)):
            change["pending"] = document["pending"]
        self._orders.update_one({"_id": order_id}, {"$set": change})

    def wipe(self) -> None:
        self._orders.delete_many({})

    def close(self) -> None:
        self._client.drop_database(self._database)
        self._client.close()


def _waiting(entry: Mapping[str, Any]) -> Waiting:
    todo = entry.get("todo")
    return (
        entry["data"]["event_id"],
        entry["data"]["aggregate_version"],
        None if todo is None else {name: _task(delivery) for name, delivery in todo.items()},
    )


def _task(delivery: Mapping[str, Any]) -> Task:
    due = _ms(delivery["due"])
    parked = _ms(delivery["parked_at"])
    return Task(delivery["attempts"], None if due is None else About(due), parked, delivery["error"])


def _bring_forward(pending: list[dict[str, Any]], until: int, moment: object) -> bool:
    later = [
        delivery
        for entry in pending
        for delivery in (entry.get("todo") or {}).values()
        if (_ms(delivery["due"]) or 0) > until
    ]
    for delivery in later:
        delivery["due"] = moment
    return bool(later)


def _ms(moment: datetime | str | None) -> int | None:
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return None if moment is None else to_ms(moment)


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000).astimezone()
