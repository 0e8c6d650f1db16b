"""Changes share a commit: when it fails, none of them has happened, and nobody remembers that one had."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from application.dispatch.outbox import Claim, Outbox, Outcome, Settlement
from domain.errors import StoreUnavailable
from infrastructure.sqlite.store import SqliteStore
from tests.builders import an_order, confirm

Act = Callable[[Outbox, Claim], Awaitable[list[Outcome]]]
ACTS: dict[str, Act] = {
    "renew": lambda outbox, claim: outbox.renew([claim]),
    "settle": lambda outbox, claim: outbox.settle([Settlement(claim, 1)]),
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = SqliteStore(tmp_path / "p.db")
    await store.open()
    yield store
    await store.close()


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
async def test_a_claim_takes_in_no_event_of_a_save_that_failed(store: SqliteStore, act: Act) -> None:
    order, outbox = an_order(), store.outboxes["order"]
    await store.orders.add(order)
    (claim,) = await outbox.claim_due("", 1)
    failing, doomed = await store.orders.get(order.id), claim.expires
    confirm(failing)

    broken = store._database.write(lambda connection: connection.execute("SELECT * FROM nowhere"))
    ends = await asyncio.gather(store.orders.save(failing), act(outbox, claim), broken, return_exceptions=True)
    assert [type(end) for end in ends] == [StoreUnavailable] * 3
    assert (len(claim.pending), claim.expires) == (1, doomed)

    saved = await store.orders.get(order.id)
    confirm(saved)
    event = saved.raised[0]
    await store.orders.save(saved)
    assert await act(outbox, claim) == [Outcome.GREW]
    assert claim.pending[1].event == event
