"""Where the service's time goes under a load: samples by py-spy, summed by part of the system.

Only a thread that holds the interpreter lock is sampled. One process has one such lock, so its holders are what limits
the rate; waiting for the disk or the network, or system calls outside of the lock, do not show.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RATE = 200
HOTTEST = 12
#: The first of these that a frame's path begins with names its part.
PARTS = (
    ("domain/", "domain"),
    ("application/dispatch", "dispatcher and relay"),
    ("application/", "application: commands, queries, handlers"),
    ("infrastructure/sqlite", "SQLite store"),
    ("infrastructure/mongo", "MongoDB store"),
    ("infrastructure/cloudevents", "CloudEvents"),
    ("infrastructure/serialization", "serialization"),
    ("infrastructure/", "other infrastructure"),
    ("app/", "HTTP edge"),
    ("uvicorn/", "uvicorn"),
    ("starlette/", "FastAPI, Starlette"),
    ("fastapi/", "FastAPI, Starlette"),
    ("motor/", "MongoDB driver"),
    ("pymongo/", "MongoDB driver"),
    ("bson/", "MongoDB driver"),
    ("prometheus_client/", "metrics"),
    ("structlog/", "logging"),
)


class Profile:
    """Filled when the `recorded` block ends."""

    def __init__(self) -> None:
        self.by_part: Counter[str] = Counter()
        self.by_function: Counter[str] = Counter()
        self.seconds = 0.0

    def __str__(self) -> str:
        total = self.by_part.total()
        if not total:
            return "py-spy took no samples; it needs the right to trace processes."
        parts = ", ".join(f"{part} {count / total:.0%}" for part, count in self.by_part.most_common())
        functions = "\n".join(
            f"- {count / total:.1%} `{name}`" for name, count in self.by_function.most_common(HOTTEST)
        )
        held = f"The interpreter lock was held {total / RATE / self.seconds:.0%} of the time."
        return f"{held} By part, with the libraries that each calls: {parts}.\n\nBy function, self:\n\n{functions}"

    def add(self, stack: list[str], samples: int) -> None:
        self.by_part[_part(stack)] += samples
        self.by_function[stack[-1].partition(" (")[0] + " " + _file(stack[-1])] += samples


@contextmanager
def recorded(pid: int) -> Iterator[Profile]:
    """Sample a process while the block runs. Raises OSError where py-spy is absent."""
    profile = Profile()
    with tempfile.NamedTemporaryFile(suffix=".txt") as file:
        recorder = subprocess.Popen(  # noqa: S603 - a tool of the development environment
            [_py_spy(), "record", "-p", str(pid), "--gil", "-r", str(RATE), "-d", "120", "-f", "raw", "-o", file.name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started = time.monotonic()
        try:
            yield profile
        finally:
            profile.seconds = time.monotonic() - started
            recorder.send_signal(2)  # SIGINT: write what there is
            recorder.wait(30)
        for line in Path(file.name).read_text().splitlines():
            stack, _, samples = line.rpartition(" ")
            profile.add(stack.split(";"), int(samples))


def _py_spy() -> str:
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else "py-spy"


def _part(stack: list[str]) -> str:
    """The innermost frame that belongs to a known part decides; where none does, it is the event loop."""
    for frame in reversed(stack):
        path = _file(frame)
        for marker, part in PARTS:
            if path.startswith(marker):
                return part
    return "event loop and the rest"


def _file(frame: str) -> str:
    """The path of `name (path:line)`, from the project's root or from where packages live."""
    return frame.rpartition("(")[2].rpartition(":")[0]
