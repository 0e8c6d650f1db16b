"""One service for all tests that leave it usable; those that harm it start their own."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.app.serving import Pizzeria, serving


@pytest.fixture(scope="session")
def pizzeria(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pizzeria]:
    with serving(tmp_path_factory.mktemp("pizzeria"), kitchen_capacity=500) as running:
        yield running


@pytest.fixture
async def anybody(pizzeria: Pizzeria) -> AsyncIterator[httpx.AsyncClient]:
    async with pizzeria.anybody() as client:
        yield client


@pytest.fixture
async def staff(pizzeria: Pizzeria) -> AsyncIterator[httpx.AsyncClient]:
    async with pizzeria.staff() as client:
        yield client
