"""Processes of a measurement: started, waited for, weighed, and ended by their own id."""

import http.client
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
STOP_SECONDS = 20.0
_TICKS = os.sysconf("SC_CLK_TCK")


class BenchmarkError(Exception):
    """The measurement cannot be trusted, or could not be made."""


class Child:
    """Python with `arguments`, its output in a file, alive inside a `with` block.

    The block is entered when a GET of `ready_path` is answered with 200, `start_seconds` after the start.
    """

    def __init__(
        self, arguments: Sequence[str], log: Path, environment: Mapping[str, str], ready_port: int, ready_path: str
    ) -> None:
        self._log = log
        self._ready = ready_port, ready_path
        self._started = time.monotonic()
        self.start_seconds = 0.0
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                [sys.executable, *arguments],
                cwd=ROOT,
                env=_environment(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def resident_mb(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize() / 1e6

    def log_tail(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]

    def stop(self) -> None:
        if self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait_until_ready(self) -> None:
        while time.monotonic() < self._started + START_SECONDS and self._process.poll() is None:
            if _answers(*self._ready):
                self.start_seconds = time.monotonic() - self._started
                return
            time.sleep(0.005)
        raise BenchmarkError(f"{self._process.args!r} did not get ready; its log ends:\n{self.log_tail()}")

    def __enter__(self) -> Self:
        """Raises `BenchmarkError` where it does not get ready."""
        try:
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    """Status and body of a GET on loopback. Raises OSError."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _answers(port: int, path: str) -> bool:
    try:
        return get(port, path)[0] == 200
    except (OSError, http.client.HTTPException):
        return False


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's, without settings of the service that would colour the measurement."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PIZZERIA_", "K_"))}
    return {**inherited, "PYTHONUNBUFFERED": "1", **extra}
