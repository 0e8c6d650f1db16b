"""The clock of a SQLite file: its host's monotonic one, which all processes share, counted from what the file says."""

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from application.clock import monotonic_ms
from infrastructure.store_clock import StoreClock

#: Changes at each start of the machine, as does what the monotonic clock counts from.
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
#: How far behind the moment that the file keeps may be.
NOTE_MS = 1_000


def this_boot() -> str:
    """What tells this run of the machine from others; empty where the system has no such thing."""
    return BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""


class FileClock(StoreClock):
    """Goes on evenly while the machine runs, whatever its system clock is set to and whichever processes come and go.
    After a restart of the machine it shows the system's time, but never less than it was last seen at: no lease
    and no retry can be further away than it was when it was written."""

    def __init__(
        self, *, boot: str | None = None, system_time: Callable[[], float] = time.time, note_ms: int = NOTE_MS
    ) -> None:
        super().__init__()
        self._boot = this_boot() if boot is None else boot
        self._system_time = system_time
        self._note_ms = note_ms
        self._noted = 0

    def set(self, connection: sqlite3.Connection) -> None:
        """Take the file's time. The first process after a start of the machine decides it for those that follow."""
        boot, origin, seen = connection.execute("SELECT boot, origin, seen FROM clock").fetchone() or ("", 0, 0)
        same_boot = bool(boot) and boot == self._boot
        now = origin + monotonic_ms() if same_boot else int(self._system_time() * 1000)
        self._origin = origin if same_boot and now >= seen else max(now, seen) - monotonic_ms()
        self._noted = self.now_ms()
        connection.execute(
            "INSERT OR REPLACE INTO clock (id, boot, origin, seen) VALUES (1, ?, ?, ?)",
            (self._boot, self._origin, self._noted),
        )

    def note(self, connection: sqlite3.Connection) -> None:
        """Keep the present moment, now and then, in a transaction that writes one made from it."""
        now = self.now_ms()
        if now - self._noted >= self._note_ms:
            self._noted = now
            connection.execute("UPDATE clock SET seen = max(seen, ?)", (now,))
