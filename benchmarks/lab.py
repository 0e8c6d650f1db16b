"""Where measurements are made: a directory for files and logs, databases of our own, and how long is long enough."""

import os
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from pymongo import MongoClient

MONGO_VARIABLE = "PIZZERIA_TEST_MONGO_URL"


class NoMongo(Exception):
    """There is no MongoDB to measure on."""


class Lab:
    """`quick` runs prove that the measurements work; their figures mean little."""

    def __init__(self, directory: Path, *, quick: bool) -> None:
        self.directory = directory
        self.quick = quick
        self.rounds = 1 if quick else 5
        self.seconds = 0.3 if quick else 2.5
        self.connections = 32
        self.log = directory / "processes.log"
        self._mongo_databases: list[str] = []

    def pick(self, full: int, quick: int) -> int:
        return quick if self.quick else full

    def sqlite_path(self) -> Path:
        return self.directory / f"{uuid.uuid4().hex}.db"

    def sqlite(self) -> str:
        """A fresh database."""
        return f"sqlite:///{self.sqlite_path()}"

    def mongo(self) -> str:
        """A fresh database. Raises `NoMongo`."""
        server = os.environ.get(MONGO_VARIABLE)
        if not server:
            raise NoMongo
        self._mongo_databases.append(f"bench_{uuid.uuid4().hex[:12]}")
        return urlunsplit(urlsplit(server)._replace(path="/" + self._mongo_databases[-1]))

    def clean_up(self) -> None:
        """Drop the databases that were made on the MongoDB server."""
        if self._mongo_databases:
            with MongoClient[dict[str, Any]](os.environ[MONGO_VARIABLE]) as client:
                for name in self._mongo_databases:
                    client.drop_database(name)


def median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
