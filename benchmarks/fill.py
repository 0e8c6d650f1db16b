"""Fills a SQLite store in seconds: rows that the service has written, over and over under other ids."""

import sqlite3
from contextlib import closing
from pathlib import Path

#: Orders placed half a minute apart, the last of them a minute before `now`; ids sort by time (UUID version 7).
_MANY = """
WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count),
moments AS (SELECT n, :now - (:count - n + 2) * 30000 AS ms FROM numbers),
many AS (
    SELECT
        printf('%08x-%04x-7%03x-8%03x-%012x', ms >> 16, ms & 65535, n & 4095, n >> 12 & 4095, n) AS new_id,
        printf('%08x-%04x-7%03x-9%03x-%012x', ms >> 16, ms & 65535, n & 4095, n >> 12 & 4095, n) AS new_event_id,
        printf('+39055%07d', n % 100000) AS new_phone
    FROM moments
)
"""


def multiply_last_order(path: Path, count: int) -> None:
    """Add `count` orders, and their events in the log, that are as the order placed last, which is in the log too.

    The store's service must not run meanwhile.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -500000")
        last = "SELECT id, customer_phone FROM orders ORDER BY id DESC LIMIT 1"
        order_id, phone = connection.execute(last).fetchone()
        logged = "SELECT json_extract(data, '$.event_id') FROM events WHERE aggregate_id = ?"
        (event_id,) = connection.execute(logged, (order_id,)).fetchone()
        now = int(order_id[:13].replace("-", ""), 16)
        facts = {"id": order_id, "phone": phone, "event_id": event_id, "count": count, "now": now}
        with connection:
            _multiply(connection, "orders", "id", facts)
            _multiply(connection, "events", "aggregate_id", facts)


def _multiply(connection: sqlite3.Connection, table: str, id_column: str, facts: dict[str, str | int]) -> None:
    connection.execute(f"CREATE TEMP TABLE pattern AS SELECT * FROM {table} WHERE {id_column} = :id", facts)  # noqa: S608
    columns = {name: kind for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})")}
    columns.pop("position", None)
    values = ", ".join(_value(name, kind) for name, kind in columns.items())
    connection.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) {_MANY} SELECT {values} FROM pattern, many",  # noqa: S608
        facts,
    )
    connection.execute("DROP TABLE pattern")


def _value(name: str, kind: str) -> str:
    """A column of the pattern, with another order's id, event and phone in place of its own."""
    if kind not in ("TEXT", "BLOB"):
        return name
    text = name
    for old, new in ((":id", "new_id"), (":event_id", "new_event_id"), (":phone", "new_phone")):
        text = f"replace({text}, {old}, {new})"
    return f"CAST({text} AS BLOB)" if kind == "BLOB" else text
