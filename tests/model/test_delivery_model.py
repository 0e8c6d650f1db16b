"""Repository, outbox and relay against a model of what every order must hold, on every store."""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from application.store import Store
from infrastructure.mongo.store import MongoStore
from infrastructure.sqlite.store import SqliteStore
from tests.contract.servers import in_database
from tests.model.delivery_machine import DeliveryMachine
from tests.model.replicas import World, opened
from tests.model.shelf import MongoShelf, Shelf, SqliteShelf

#: Leases that differ, in seconds, and that no run outlives: they expire when the machine says so.
LEASES = (2_000.0, 3_000.0, 4_000.0)
STEPS_PER_RUN = 100
RUNS_AT_ONCE = 26
STEPS = {"sqlite": 10_000, "mongodb": 5_000}


@contextmanager
def a_world(make_store: Callable[[float], Store], make_shelf: Callable[[], Shelf]) -> Iterator[World]:
    with asyncio.Runner() as runner:
        opening = opened([(make_store(lease), lease) for lease in LEASES])
        replicas = runner.run(opening.__aenter__())
        shelf = make_shelf()
        try:
            yield World(shelf, replicas, runner)
        finally:
            runner.run(opening.__aexit__(None, None, None))
            shelf.close()


def check(world: World) -> None:
    """Raises AssertionError with the shortest program found where the store departs from the model."""

    class Machine(DeliveryMachine):
        def __init__(self) -> None:
            super().__init__(world)

    while world.steps < STEPS[world.name]:
        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=RUNS_AT_ONCE,
                stateful_step_count=STEPS_PER_RUN,
                deadline=None,
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert world.drained
    print(f"{world.name}: {world.steps} steps, {world.drained} runs, {world.refused} stale saves")  # noqa: T201


@pytest.mark.timeout(900)
def test_sqlite_holds_what_the_model_says_after_every_step(tmp_path: Path) -> None:
    path = tmp_path / "pizzeria.db"
    with a_world(lambda lease: SqliteStore(path, lease_seconds=lease), lambda: SqliteShelf(path)) as world:
        check(world)


@pytest.mark.timeout(900)
def test_mongodb_holds_what_the_model_says_after_every_step(mongo_server: str) -> None:
    database = f"model_{uuid.uuid4().hex}"
    url = in_database(mongo_server, database)
    with a_world(
        lambda lease: MongoStore(url, driver="motor", lease_seconds=lease), lambda: MongoShelf(mongo_server, database)
    ) as world:
        check(world)
