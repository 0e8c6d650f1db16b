"""Looks into a store from outside, past the service, to see what is still pending."""

import sqlite3
from contextlib import closing
from typing import Any, Protocol

from pymongo import MongoClient


class Probe(Protocol):
    def pending(self) -> int:
        """How many orders have events that are not acknowledged by every handler; parked ones count."""
        ...

    def close(self) -> None: ...


class SqliteProbe:
    """Reads what is committed, and writes nothing."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)

    def pending(self) -> int:
        due = "SELECT count(*) FROM orders WHERE next_attempt_at IS NOT NULL"
        parked = "SELECT count(*) FROM orders WHERE parked_at IS NOT NULL"
        with closing(self._connection.execute(f"SELECT ({due}) + ({parked})")) as cursor:
            return int(cursor.fetchone()[0])

    def close(self) -> None:
        self._connection.close()


class MongoProbe:
    def __init__(self, url: str) -> None:
        self._client: MongoClient[dict[str, Any]] = MongoClient(url)
        self._orders = self._client.get_default_database()["orders"]

    def pending(self) -> int:
        a_date = {"$type": "date"}
        due = self._orders.count_documents({"next_attempt_at": a_date})
        return due + self._orders.count_documents({"parked_at": a_date})

    def close(self) -> None:
        self._client.close()


def probe_of(database_url: str) -> Probe:
    if database_url.startswith("sqlite:///"):
        return SqliteProbe(database_url.removeprefix("sqlite:///"))
    return MongoProbe(database_url)
