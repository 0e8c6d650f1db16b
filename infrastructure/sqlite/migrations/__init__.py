"""Numbered migrations: `NNNN_what.sql`, each applied once, in order, in a transaction of its own."""

import sqlite3
from importlib import resources


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to the last migration; `PRAGMA user_version` holds the number reached.

    Raises `sqlite3.DatabaseError` for a file that a later release wrote, or that is no database of ours.
    """
    folder = resources.files(__name__)
    scripts = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    (reached,) = connection.execute("PRAGMA user_version").fetchone()
    if reached > len(scripts):
        raise sqlite3.DatabaseError(f"the file's schema is {reached}, this release knows up to {len(scripts)}")
    for number, script in enumerate(scripts, start=1):
        if number > reached:
            connection.executescript(
                f"BEGIN IMMEDIATE; {folder.joinpath(script).read_text('utf-8')} PRAGMA user_version = {number}; COMMIT;"
            )
