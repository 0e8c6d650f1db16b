"""While another process holds SQLite's write lock, every change waits for its own time, and not for others' first."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from domain.errors import StoreUnavailable
from infrastructure.sqlite.database import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(tmp_path / "p.db", lambda *_: None)
    await database.open()
    yield database
    await database.close()


@contextmanager
def locked(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


async def _refused_after(database: Database, *, haste: bool) -> float:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await database.write(lambda _: None, haste=haste)
    return time.monotonic() - started


async def test_a_request_behind_background_work_waits_no_longer_than_that_did(database: Database) -> None:
    with locked(database.path):
        background = asyncio.create_task(_refused_after(database, haste=False))
        await asyncio.sleep(0.2)
        request = await _refused_after(database, haste=True)

    assert request < 1.5 * await background  # it would be twice as long if it began to wait when the other gave up


async def test_what_waits_for_the_lock_goes_together_once_it_is_free(database: Database) -> None:
    with locked(database.path) as other:
        writes = [asyncio.create_task(database.write(lambda _, n=n: n)) for n in range(3)]  # type: ignore[misc]
        await asyncio.sleep(0.05)
        other.execute("ROLLBACK")
        assert await asyncio.gather(*writes) == [0, 1, 2]
