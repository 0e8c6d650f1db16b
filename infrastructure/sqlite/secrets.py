"""Shared secrets in SQLite."""

import sqlite3

from infrastructure.sqlite.database import Database


class SqliteSecretStore:
    """Implements `application.ports.SecretStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_or_create(self, name: str, candidate: bytes) -> bytes:
        def first_wins(connection: sqlite3.Connection) -> bytes:
            connection.execute("INSERT INTO secrets VALUES (?, ?) ON CONFLICT DO NOTHING", (name, candidate))
            (value,) = connection.execute("SELECT value FROM secrets WHERE name = ?", (name,)).fetchone()
            return bytes(value)

        return await self._database.write(first_wins)
