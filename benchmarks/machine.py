"""The machine that was measured on, in words."""

import os
import platform
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from benchmarks.lab import MONGO_VARIABLE, median

PACKAGES = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "pydantic", "msgspec", "motor", "pymongo")


def describe_machine(directory: Path) -> dict[str, str]:
    """Names and values; the disk is the one that the measurements write to."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "processor": f"{len(os.sched_getaffinity(0))} cores, {_first('/proc/cpuinfo', 'model name')}",
        "memory": f"{int(_first('/proc/meminfo', 'MemTotal').split()[0]) / 1024**2:.0f} GB",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "disk": f"fsync of a 4 kB append takes {_fsync_ms(directory):.2f} ms (median of 200)",
        "system": f"Linux {platform.release()}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "MongoDB": _mongo(),
    }


def _first(path: str, name: str) -> str:
    lines = Path(path).read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")


def _fsync_ms(directory: Path) -> float:
    times = []
    with tempfile.NamedTemporaryFile(dir=directory) as file:
        for _ in range(200):
            file.write(os.urandom(4096))
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - started) * 1e3)
    return median(times)


def _mongo() -> str:
    url = os.environ.get(MONGO_VARIABLE)
    if not url:
        return "none"
    try:
        with MongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=2_000) as client:
            info: Mapping[str, Any] = client.admin.command("buildInfo")
    except PyMongoError as failure:
        return f"does not answer: {failure}"
    ferret = info.get("ferretdb", {}).get("version")
    where = "on this machine" if urlsplit(url).hostname in ("127.0.0.1", "localhost") else "on another machine"
    return f"FerretDB {ferret} over PostgreSQL with DocumentDB, {where}" if ferret else f"{info['version']}, {where}"
