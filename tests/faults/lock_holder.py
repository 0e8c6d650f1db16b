"""Another process on the same SQLite file: takes the write lock, changes much, commits nothing, and says `held`.

`python -m tests.faults.lock_holder FILE` lets go when its input ends.
"""

import sqlite3
import sys
from contextlib import closing

PATIENCE_SECONDS = 30
ROWS = 2_000


def hold(path: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, timeout=PATIENCE_SECONDS)) as connection:
        connection.execute("PRAGMA cache_size = 10")  # so that what is not committed gets into the write-ahead log
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("CREATE TABLE never_committed (filler BLOB)")
        connection.executemany("INSERT INTO never_committed VALUES (zeroblob(?))", [(1000,)] * ROWS)
        sys.stdout.write("held\n")
        sys.stdout.flush()
        sys.stdin.read()
        connection.execute("ROLLBACK")


if __name__ == "__main__":
    hold(sys.argv[1])
