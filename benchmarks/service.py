"""The three kinds of process that a measurement talks to: our service, the bare app, and the sink."""

import time
from pathlib import Path

import msgspec

from benchmarks.probe import Probe, probe_of
from benchmarks.processes import BenchmarkError, Child, free_port, get
from benchmarks.sink import Arrival, Count

API_KEY = "benchmark-key-0123456789"
KEY_HEADER = f"X-API-Key: {API_KEY}"


class Service(Child):
    """Started as a user starts it, ready when /health/ready says so."""

    def __init__(self, database_url: str, log: Path, *, sink: str | None, mode: str = "structured") -> None:
        self.port = free_port()
        self._database_url = database_url
        settings = {
            "PORT": str(self.port),
            "PIZZERIA_DATABASE_URL": database_url,
            "PIZZERIA_API_KEYS": f"bench:{API_KEY}",
            "PIZZERIA_CLOUDEVENTS_MODE": mode,
            "PIZZERIA_LOG_LEVEL": "warning",
        }
        if sink:
            settings["PIZZERIA_CLOUDEVENTS_SINK"] = sink
        super().__init__(["-m", "app.cli", "serve"], log, settings, self.port, "/health/ready")
        self._probe: Probe | None = None

    def pending(self) -> int:
        """How many orders have events that some handler has not had yet."""
        self._probe = self._probe or probe_of(self._database_url)
        return self._probe.pending()

    def wait_until_idle(self, seconds: float = 120.0) -> float:
        """Wait until nothing is pending; the Unix time when that was seen. Raises `BenchmarkError`."""
        deadline = time.time() + seconds
        while self.pending():
            if time.time() > deadline:
                raise BenchmarkError(f"{self.pending()} orders still pending after {seconds} s:\n{self.log_tail()}")
            time.sleep(0.01)
        return time.time()

    def stop(self) -> None:
        if self._probe:
            self._probe.close()
        super().stop()


class Bare(Child):
    """The bare FastAPI app."""

    def __init__(self, log: Path, mongo_url: str | None = None) -> None:
        self.port = free_port()
        arguments = ["-m", "benchmarks.bare", str(self.port), *([mongo_url] if mongo_url else [])]
        super().__init__(arguments, log, {}, self.port, "/openapi.json")


class SinkProcess(Child):
    """The counting sink; `url` is for its events."""

    def __init__(self, log: Path) -> None:
        self.port, self._control = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        arguments = ["-m", "benchmarks.sink", str(self.port), str(self._control)]
        super().__init__(arguments, log, {}, self._control, "/count")

    def count(self) -> Count:
        return msgspec.json.decode(self._ask("/count"), type=Count)

    def arrivals(self) -> list[Arrival]:
        return msgspec.json.decode(self._ask("/arrivals"), type=list[Arrival])

    def reset(self) -> None:
        self._ask("/reset")

    def keep(self) -> None:
        """From now on, remember when each event arrived."""
        self._ask("/keep")

    def close(self) -> None:
        """Refuse connections: the outage."""
        self._ask("/close")

    def open(self) -> None:
        self._ask("/open")

    def wait_for(self, events: int, seconds: float = 120.0) -> Count:
        """Wait until that many distinct events have arrived. Raises `BenchmarkError`."""
        deadline = time.time() + seconds
        while (count := self.count()).events < events:
            if time.time() > deadline:
                raise BenchmarkError(f"{count.events} of {events} events arrived within {seconds} s")
            time.sleep(0.01)
        return count

    def _ask(self, path: str) -> bytes:
        return get(self._control, path)[1]
