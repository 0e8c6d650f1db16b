"""Copies of a SQLite store: made while it is written to, put back while nobody has it open."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from infrastructure.backup_file import (
    BackupError,
    Report,
    Seal,
    break_seal,
    check,
    check_structure,
    copy_pages,
    new_file,
    open_existing,
    seal,
    side_files,
)
from infrastructure.kinds import KINDS
from infrastructure.sqlite.migrations import migrate

STORE = "sqlite"


def back_up(database: Path, target: Path, report: Report, *, force: bool) -> Seal:
    """Copy the store as it is at one moment. Raises `BackupError`, OSError, `sqlite3.Error`."""
    if not database.is_file():
        raise BackupError(f"There is no database {database}.")
    if target.exists() and target.samefile(database):
        raise BackupError(f"{target} is the database itself.")
    with new_file(target, replace=force) as beside:
        with closing(open_existing(database)) as live:
            if not live.execute("PRAGMA user_version").fetchone()[0]:
                raise BackupError(f"{database} is no pizzeria's database.")
            copy_pages(live, beside, report)
        with closing(open_existing(beside, "ro")) as copy:
            pending = sum(
                copy.execute(f"SELECT coalesce(sum(pending_count), 0) FROM {kind.home}").fetchone()[0]  # noqa: S608
                for kind in KINDS
            )
        return seal(beside, STORE, pending=pending)


def restore(source: Path, database: Path, report: Report, *, force: bool) -> tuple[Seal, int]:
    """Put a backup in the database's place; says what it holds and how many leases were released.

    Raises `BackupError` where the backup is not whole, where a service has the database open, or where it is not
    empty and not to be replaced; also OSError, `sqlite3.Error`. Whatever is raised, the database is as it was.
    """
    check(source, STORE)
    database.parent.mkdir(parents=True, exist_ok=True)
    with _alone(database, force=force), new_file(database, replace=True) as beside:
        with closing(open_existing(source, "ro")) as backup:
            copy_pages(backup, beside, report)
        found = check(beside, STORE)
        released = _make_ready(beside)
        for left in side_files(database):  # of the database that was here: they would be taken for the new one's
            left.unlink(missing_ok=True)
    return found, released


def _make_ready(path: Path) -> int:
    """From a backup to a database. The holders of its leases are gone: what they held is due."""
    with closing(open_existing(path)) as restored:
        restored.execute("BEGIN")
        break_seal(restored)
        released = sum(
            restored.execute(
                f"UPDATE {kind.home} SET lease = NULL, next_attempt_at = coalesce(pending_since, next_attempt_at)"  # noqa: S608
                " WHERE lease IS NOT NULL"
            ).rowcount
            for kind in KINDS
        )
        restored.execute("COMMIT")
        migrate(restored)
        check_structure(restored, path)
    return released


@contextmanager
def _alone(database: Path, *, force: bool) -> Iterator[None]:
    """Hold the database that is there, if any, so that no service can open it until another has taken its place."""
    if not database.exists() or not database.stat().st_size:
        yield
        return
    with closing(open_existing(database, patience=1.0)) as there:
        try:
            there.execute("PRAGMA journal_mode = DELETE")  # which a connection of anybody else's forbids
            there.execute("BEGIN EXCLUSIVE")
            empty = _is_empty(there)
        except sqlite3.DatabaseError as failure:
            if failure.sqlite_errorcode not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise BackupError(f"{database} is in use, stop the service first: {failure}.") from failure
            empty = False  # damaged: the very reason why somebody restores
        if not empty and not force:
            raise BackupError(f"{database} is not empty. --force replaces it.")
        yield


def _is_empty(connection: sqlite3.Connection) -> bool:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return not any(connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in tables)  # noqa: S608
