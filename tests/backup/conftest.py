"""Databases that are not there yet, on both stores."""

import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.contract.servers import drop_database, in_database


@pytest.fixture(params=["sqlite", "mongo"])
async def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[], dict[str, str]]]:
    """Makes the settings of a database that is not there yet; on MongoDB, with one driver after the other."""
    names: list[str] = []

    def make() -> dict[str, str]:
        names.append(f"test_{uuid.uuid4().hex}")
        if request.param == "sqlite":
            return {"database_url": f"sqlite:///{tmp_path}/{names[-1]}.db"}
        url = in_database(request.getfixturevalue("mongo_server"), names[-1])
        return {"database_url": url, "mongo_driver": ("motor", "pymongo")[len(names) % 2]}

    yield make
    if request.param != "sqlite":
        for name in names:
            await drop_database(request.getfixturevalue("mongo_server"), name)
