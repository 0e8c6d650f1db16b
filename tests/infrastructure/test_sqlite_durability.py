"""A 2xx means that the change is on disk: what was answered outlives the process that answered it."""

import signal
import subprocess
import sys
from pathlib import Path

from infrastructure.sqlite.database import Database

WRITER = """
import asyncio, sys
from pathlib import Path
from infrastructure.sqlite.database import Database

async def main() -> None:
    database = Database(Path(sys.argv[1]), lambda *_: None)
    await database.open()
    for number in range(1_000_000):
        name = f"secret-{number}"
        await database.write(lambda c: c.execute("INSERT INTO secrets VALUES (?, ?)", (name, b"")))
        print(number, flush=True)

asyncio.run(main())
"""


async def test_commits_wait_for_the_disk(tmp_path: Path) -> None:
    database = Database(tmp_path / "p.db", lambda *_: None)
    await database.open()

    def pragmas(connection: object) -> tuple[int, str]:
        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()  # type: ignore[attr-defined]
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()  # type: ignore[attr-defined]
        return synchronous, journal

    full = 2
    assert await database.write(pragmas) == (full, "wal")
    await database.close()


async def test_what_was_answered_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    path = tmp_path / "p.db"
    with subprocess.Popen(  # noqa: S603, ASYNC220 - our own code; nothing else runs on this loop
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        answered = [int(process.stdout.readline()) for _ in range(200)]
        process.send_signal(signal.SIGKILL)
        answered += [int(line) for line in process.stdout if line.endswith("\n")]

    database = Database(path, lambda *_: None)
    await database.open()
    kept = {row[0] for row in database.read("SELECT name FROM secrets")}
    await database.close()
    assert {f"secret-{number}" for number in answered} <= kept
