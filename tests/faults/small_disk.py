"""A small disk, to be filled to its last byte and given room again."""

import asyncio
import errno
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

MEGABYTES = 48
CHUNKS = (1 << 20, 4096)


class SmallDisk:
    """A mounted disk; `folder` is where it is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    async def fill(self) -> None:
        """Take all room that is left."""
        await asyncio.to_thread(self._fill)

    async def make_room(self) -> None:
        self._filler.unlink(missing_ok=True)

    def _fill(self) -> None:
        with self._filler.open("ab", buffering=0) as file:
            for size in CHUNKS:
                try:
                    while file.write(bytes(size)):
                        pass
                except OSError as failure:
                    if failure.errno != errno.ENOSPC:
                        raise


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Skips the test where this process may not mount one."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError:
        pytest.skip("a full disk needs `mount`")
    if mounted.returncode:
        pytest.skip(f"a full disk needs one that can be mounted, which this process may not: {mounted.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # noqa: S603, S607
