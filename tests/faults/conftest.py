"""A lab for each run, the seed that repeats it, and its result for the report.

FAULTS=full runs the sizes of docs/reliability.md; SEED repeats a run; both have their own targets in the Makefile.
"""

import json
import os
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.contract.servers import drop_database, in_database
from tests.faults.books import MongoAuditor, SqliteAuditor
from tests.faults.lab import Lab, a_lab, describe
from tests.faults.ledger import Verdict
from tests.pizzeria import ROOT

FULL = os.environ.get("FAULTS") == "full"
RESULTS = Path(os.environ.get("FAULTS_RESULTS", ROOT / "build" / "faults"))
STORES = ("sqlite", "mongodb")

#: Opens a lab on a store of its own; the tree is where the service's code is.
OpenLab = Callable[[Path], AbstractAsyncContextManager[Lab]]
#: Writes a run's verdict down and fails the test where something was lost.
Conclude = Callable[[Lab, Verdict], None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.faults)
            item.add_marker(pytest.mark.timeout(7200 if FULL else 240))


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def seed() -> int:
    """Printed with every failure, and with -s: SEED=... repeats the run."""
    chosen = int(os.environ.get("SEED") or random.randrange(2**32))
    print(f"SEED={chosen}")  # noqa: T201
    return chosen


@pytest.fixture
async def open_lab(store: str, seed: int, tmp_path: Path, request: pytest.FixtureRequest) -> OpenLab:
    return lambda tree: _open(store, seed, tmp_path, tree, request)


@pytest.fixture
async def lab(open_lab: OpenLab) -> AsyncIterator[Lab]:
    async with open_lab(ROOT) as opened:
        yield opened


@pytest.fixture
def conclude(request: pytest.FixtureRequest, store: str, seed: int) -> Conclude:
    def write_down(lab: Lab, verdict: Verdict) -> None:
        marker = request.node.get_closest_marker("fault")
        number, title = marker.args
        part = marker.kwargs.get("part", "")
        print(f"fault {number} on {store}, SEED={seed}: {describe(verdict.facts)}\n{verdict}")  # noqa: T201
        result = {
            "number": number, "part": part, "title": title, "store": store, "seed": seed, "full": lab.full,
            "facts": verdict.facts, "counts": verdict.counts,
        }  # fmt: skip
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{number:02}{part}-{store}.json").write_text(json.dumps(result, indent=1))
        assert not verdict.faults, str(verdict)

    return write_down


@asynccontextmanager
async def _open(store: str, seed: int, folder: Path, tree: Path, request: pytest.FixtureRequest) -> AsyncIterator[Lab]:
    if store == "sqlite":
        path = folder / f"{uuid.uuid4().hex}.db"
        async with a_lab(
            store, f"sqlite:///{path}", SqliteAuditor(path), folder, seed=seed, full=FULL, tree=tree
        ) as lab:
            yield lab
        return
    server: str = request.getfixturevalue("mongo_server")
    name = f"faults_{uuid.uuid4().hex}"
    auditor = MongoAuditor(server, name)
    try:
        async with a_lab(store, in_database(server, name), auditor, folder, seed=seed, full=FULL, tree=tree) as lab:
            yield lab
    finally:
        await drop_database(server, name)
