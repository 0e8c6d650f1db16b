"""How soon the service is ready, and how much memory it holds when nothing happens."""

import time

from benchmarks.lab import Lab
from benchmarks.rows import Row, at_most
from benchmarks.service import Service


def startup(lab: Lab) -> list[Row]:
    seconds: list[float] = []
    megabytes: list[float] = []
    store = lab.sqlite()
    for _ in range(lab.pick(5, 1)):
        with Service(store, lab.log, sink=None) as service:
            seconds.append(service.start_seconds)
            time.sleep(1.0)
            megabytes.append(service.resident_mb())
    return [
        at_most("start to ready, on SQLite", 1.5, seconds, "s"),
        at_most("memory at rest, one second later", 120, megabytes, "MB"),
    ]
