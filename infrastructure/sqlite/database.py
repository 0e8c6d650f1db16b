"""The file and its two connections: one reads, one writes what has queued, many changes to a commit."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from domain.errors import StoreUnavailable
from infrastructure.observer import Observer
from infrastructure.sqlite.migrations import migrate

T = TypeVar("T")

#: How many changes share a commit at most.
LONGEST_BATCH = 500
#: How long a change that nobody waits for may wait for others to share its commit, in seconds.
LONGEST_RIDE = 0.01
#: How long the write lock of another process is waited for, in seconds: in all, and without yielding.
LOCK_PATIENCE = 2.0
LOCK_SLICE_MS = 20

Change = Callable[[sqlite3.Connection], Any]


@dataclass(slots=True, eq=False)
class _Queued:
    change: Change
    done: asyncio.Future[Any]
    since: float = field(default_factory=time.monotonic)


class Database:
    """Group commit: changes that arrive while the last commit is on its way to the disk go together in the next one.

    Statements run on the event loop, where they take microseconds; only the commit, which waits for the disk, runs in
    the writer's thread. Statements in a thread would each have to win the interpreter lock back from a busy loop.
    """

    def __init__(self, path: Path, observe: Observer) -> None:
        self.path = path
        self._observe = observe
        self._queue: list[_Queued] = []
        self._wanted = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sqlite-writer")
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Make the file where it is absent, bring its schema up to date, and start. Raises `StoreUnavailable`."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = _connect(self.path)
            migrate(self._writer)
            self._reader = _connect(self.path)
            self._reader.execute("PRAGMA query_only = ON")
        except (OSError, sqlite3.Error) as failure:
            raise StoreUnavailable(f"Cannot open {self.path}: {failure}") from failure
        self._task = asyncio.create_task(self._commit_forever(), name="sqlite-commit")

    async def close(self) -> None:
        """Commit what is queued, and let go of the file."""
        if self._task:
            with contextlib.suppress(StoreUnavailable):
                await self.write(lambda _: None)  # the last in the queue: what came before it is done
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            _fail(self._queue, None)
        self._thread.shutdown(wait=True)
        for connection in (self._reader, self._writer):
            if connection:
                connection.close()
        self._reader = self._writer = None

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query, of what is committed. Raises `StoreUnavailable`."""
        if self._reader is None:
            raise StoreUnavailable
        try:
            return self._reader.execute(sql, parameters).fetchall()
        except sqlite3.Error as failure:
            raise StoreUnavailable from failure

    async def write(self, change: Callable[[sqlite3.Connection], T], *, haste: bool = True) -> T:
        """Run a change and return its result once it is on disk. Without `haste`, since no request waits for it, it
        rides on the next commit, or has one of its own after `LONGEST_RIDE`.

        Changes share a transaction, so each must leave nothing behind where it raises: it decides first and writes
        with its last statement. Raises what `change` raises, and `StoreUnavailable`.
        """
        if self._writer is None or self._task is None or self._task.done():
            raise StoreUnavailable
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._queue.append(_Queued(change, done))
        if haste:
            self._wanted.set()
        elif len(self._queue) == 1:
            asyncio.get_running_loop().call_later(LONGEST_RIDE, self._wanted.set)
        return await done

    async def empty_journal(self) -> None:
        """Move what the journal (`-wal`) holds into the file and cut it to nothing: it would keep what has been
        overwritten. Where other processes read just now, it is left to the next time."""
        await asyncio.to_thread(_checkpoint, self.path)

    async def _commit_forever(self) -> None:
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            while self._queue and self._writer:
                if await self._begin(self._writer):
                    batch, self._queue = self._queue[:LONGEST_BATCH], self._queue[LONGEST_BATCH:]
                    await self._commit(batch, self._writer)

    async def _begin(self, writer: sqlite3.Connection) -> bool:
        """Take the write lock. While another process has it the event loop goes on, and what has waited too long is
        refused, each change by its own time; False where nothing is left."""
        while self._queue:
            try:
                writer.execute("BEGIN IMMEDIATE")
                return True
            except sqlite3.Error as failure:
                patience = LOCK_PATIENCE if isinstance(failure, sqlite3.OperationalError) else 0.0
                overdue = [queued for queued in self._queue if queued.since <= time.monotonic() - patience]
                self._queue = self._queue[len(overdue) :]  # they came first
                _fail(overdue, failure)
                await asyncio.sleep(0.01)
        return False

    async def _commit(self, batch: list[_Queued], writer: sqlite3.Connection) -> None:
        """Run the changes in the transaction that has begun, and answer them."""
        try:
            answers = [_attempt(queued.change, writer) for queued in batch]
            started = time.perf_counter()
            await asyncio.get_running_loop().run_in_executor(self._thread, writer.execute, "COMMIT")
            self._observe("commit", time.perf_counter() - started)
        except BaseException as failure:
            if writer.in_transaction:
                writer.execute("ROLLBACK")
            _fail(batch, failure)
            if not isinstance(failure, sqlite3.Error):
                raise
            return
        for queued, (result, refusal) in zip(batch, answers, strict=True):
            if queued.done.done():
                continue
            if refusal is None:
                queued.done.set_result(result)
            else:
                queued.done.set_exception(refusal)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    connection.execute(f"PRAGMA busy_timeout = {LOCK_SLICE_MS}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")  # what is erased is not to be found in the file either
    connection.execute("PRAGMA cache_size = -16384")
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


def _checkpoint(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=LOCK_PATIENCE)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # says whether it could; it raises nothing
    finally:
        connection.close()


def _attempt(change: Change, writer: sqlite3.Connection) -> tuple[Any, Exception | None]:
    """The change's result, or its refusal. A failure of the database itself is everybody's and goes through."""
    try:
        return change(writer), None
    except sqlite3.Error:
        raise
    except Exception as refusal:
        return None, refusal


def _fail(batch: list[_Queued], failure: BaseException | None) -> None:
    for queued in batch:
        if not queued.done.done():
            error = StoreUnavailable()
            error.__cause__ = failure
            queued.done.set_exception(error)
