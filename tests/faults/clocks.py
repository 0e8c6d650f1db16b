"""Processes whose system clock is wrong: a small library, loaded before the C library, shifts it and nothing else.

libfaketime would be the usual way, but as Debian 12 and 13 ship it (0.9.10) Python's `time.sleep` fails under it when
the monotonic clock is left alone (wolfcw/libfaketime#426), and with that the monitors of MongoDB's driver.
"""

import os
import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("shifted_clock.c")


class NoCompiler(Exception):
    """There is nothing here to build the clock's library with; the message says what to install."""


class ShiftedClock:
    """The system clock of processes started with `environment`; `shift` changes it while they run.

    `folder` is for the library and the shift's file; one clock per folder, which processes may share.
    """

    def __init__(self, folder: Path, seconds: int = 0) -> None:
        """Raises `NoCompiler`."""
        self._library = folder / "shifted_clock.so"
        self._file = folder / "clock_shift"
        if not self._library.exists():
            _build(self._library)
        if not self._file.exists():
            self._file.write_bytes(bytes(struct.calcsize("q")))
        self.shift(seconds)

    @property
    def environment(self) -> dict[str, str]:
        """What to add to a process's environment."""
        loaded = [str(self._library), *filter(None, [os.environ.get("LD_PRELOAD")])]
        return {"LD_PRELOAD": ":".join(loaded), "SHIFTED_CLOCK_FILE": str(self._file)}

    def shift(self, seconds: int) -> None:
        """Set the clock this far ahead of the true one (behind it, where negative), at once."""
        with self._file.open("r+b") as file:  # written in place: whoever has the file mapped sees it
            file.write(struct.pack("q", seconds))


def _build(library: Path) -> None:
    """Raises `NoCompiler` where there is none, `CalledProcessError` where it cannot build the library."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompiler("a wrong clock needs a C compiler: apt-get install gcc libc6-dev")
    subprocess.run(  # noqa: S603
        [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)], check=True, capture_output=True
    )
