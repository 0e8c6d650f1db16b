"""Secrets that replicas share: the first candidate wins, for ever."""

import asyncio

from application.store import Store
from tests.contract.conftest import OpenStore


async def test_the_first_candidate_becomes_the_secret(store: Store) -> None:
    assert await store.secrets.get_or_create("tokens", b"\x00first\xff") == b"\x00first\xff"
    assert await store.secrets.get_or_create("tokens", b"second") == b"\x00first\xff"
    assert await store.secrets.get_or_create("cursors", b"other") == b"other"


async def test_replicas_that_start_together_agree(open_store: OpenStore) -> None:
    async with open_store(10.0) as here, open_store(10.0) as there:
        answers = await asyncio.gather(
            *(store.secrets.get_or_create("tokens", f"{n}".encode()) for n in range(5) for store in (here, there))
        )

    assert len(set(answers)) == 1


async def test_a_secret_outlives_the_process(open_store: OpenStore) -> None:
    async with open_store(10.0) as before:
        secret = await before.secrets.get_or_create("tokens", b"first")

    async with open_store(10.0) as after:
        assert await after.secrets.get_or_create("tokens", b"second") == secret
