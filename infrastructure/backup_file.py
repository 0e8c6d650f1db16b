"""A backup is one file, an SQLite database with a seal, whatever store it was made from."""

import contextlib
import hashlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from application.clock import utc_now

#: Told what is being done, how much of it is done, and how much there is.
Report = Callable[[str, int, int], None]

FORMAT = 1
#: Pages to a step: 16 MB.
STEP_PAGES = 4_096
_SEAL = "backup_seal"


class BackupError(Exception):
    """A backup or a restore is refused or has failed. The message is for people, and says what to do."""


@dataclass(frozen=True, slots=True)
class Seal:
    """What a whole backup says of itself: `store` it is of, when its copy was complete, in ISO 8601, and what it holds.
    `pending` counts events that some handler had still to do."""

    store: str
    format: int
    made_at: str
    orders: int
    events: int
    pending: int
    digest: str


@contextlib.contextmanager
def new_file(target: Path, *, replace: bool) -> Iterator[Path]:
    """A file beside `target`, for its owner alone, which takes its place at the end, on disk; gone after a failure.

    Raises `BackupError` where the target exists and is not to be replaced, OSError.
    """
    _refuse_existing(target, replace=replace)
    beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield beside
        _sync(beside)
        _refuse_existing(target, replace=replace)
        beside.replace(target)
        _sync(target.parent)
    finally:
        for left in (beside, *side_files(beside)):
            left.unlink(missing_ok=True)


def side_files(path: Path) -> list[Path]:
    """What SQLite may keep beside a database. Of another file of that name, it would be taken for this one's."""
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm", "-journal")]


def open_existing(path: Path, mode: str = "rw", patience: float = 10.0) -> sqlite3.Connection:
    """Open a file that is there: `ro` or `rw`. Waits `patience` seconds for a lock. Raises `sqlite3.Error`."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=patience)


def copy_pages(source: sqlite3.Connection, target: Path, report: Report) -> None:
    """Copy a database as it is at this moment, page by page, while others go on writing to it.

    The steps share one read transaction. Without, each write of another process would make SQLite start all over.
    """
    with contextlib.closing(sqlite3.connect(target, isolation_level=None)) as copy:
        source.execute("BEGIN")
        try:
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # a transaction begins with its first read
            source.backup(
                copy,
                pages=STEP_PAGES,
                progress=lambda _, left, total: report("Copying pages", total - left, total),
            )
        finally:
            source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it


def seal(path: Path, store: str, *, pending: int) -> Seal:
    """Check what was written, and write into it what it holds. Raises `BackupError`, `sqlite3.Error`."""
    with contextlib.closing(open_existing(path)) as file:
        check_structure(file, path)
        orders, events = (file.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("orders", "events"))  # noqa: S608
        sealed = Seal(store, FORMAT, utc_now().isoformat(), orders, events, pending, _digest(file))
        columns = "store TEXT, format INTEGER, made_at TEXT, orders INTEGER, events INTEGER, pending INTEGER"
        file.execute("BEGIN")
        file.execute(f"CREATE TABLE {_SEAL} ({columns}, digest TEXT)")
        file.execute(
            f"INSERT INTO {_SEAL} VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (store, FORMAT, sealed.made_at, orders, events, pending, sealed.digest),
        )
        file.execute("COMMIT")
    return sealed


def check(path: Path, store: str) -> Seal:
    """Read a whole backup through, and its seal. Raises `BackupError` where it is not what was sealed, or of another
    store."""
    if not path.is_file():
        raise BackupError(f"There is no file {path}.")
    try:
        with contextlib.closing(open_existing(path, "ro")) as file:
            found = _read_seal(file, path)
            if found.format != FORMAT:
                raise BackupError(f"{path} has format {found.format}; this release reads {FORMAT}.")
            if found.store != store:
                raise BackupError(f"{path} is a backup of {found.store}, and the settings name {store}.")
            check_structure(file, path)
            if _digest(file) != found.digest:
                raise BackupError(f"{path} is damaged: it does not hold what was written to it.")
    except (sqlite3.Error, UnicodeError) as failure:
        raise BackupError(f"{path} is no backup, or is damaged: {failure}.") from failure
    return found


def check_structure(file: sqlite3.Connection, path: Path) -> None:
    """Have SQLite look through all its pages. Raises `BackupError`, `sqlite3.Error`."""
    (answer,) = file.execute("PRAGMA integrity_check(1)").fetchone()
    if answer != "ok":
        raise BackupError(f"{path} is damaged: {answer}.")


def break_seal(file: sqlite3.Connection) -> None:
    """What comes now is a database and no backup any more."""
    file.execute(f"DROP TABLE {_SEAL}")


def _read_seal(file: sqlite3.Connection, path: Path) -> Seal:
    if not file.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (_SEAL,)).fetchone()[0]:
        raise BackupError(f"{path} is no backup: it has no seal.")
    (row,) = file.execute(f"SELECT store, format, made_at, orders, events, pending, digest FROM {_SEAL}")  # noqa: S608
    return Seal(*row)


def _digest(file: sqlite3.Connection) -> str:
    """SHA-256 of the schema and of every row: SQLite checks how its pages hang together, not what stands in them."""
    digest = hashlib.sha256()
    schema = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name <> ? ORDER BY 1", (_SEAL,))
    for name, sql in schema.fetchall():
        digest.update(f"{name}\n{sql}\n".encode())
        for row in file.execute(f"SELECT * FROM {name} ORDER BY 1"):  # noqa: S608 - the first column is the key
            digest.update(repr(row).encode())
    return digest.hexdigest()


def _refuse_existing(target: Path, *, replace: bool) -> None:
    if target.is_dir():
        raise BackupError(f"{target} is a directory.")
    if target.exists() and not replace:
        raise BackupError(f"{target} exists already. --force replaces it.")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
