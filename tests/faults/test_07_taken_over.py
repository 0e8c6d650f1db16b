"""Fault 7, what follows: the leases of one that is gone run out, and two others find that at once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from pymongo.uri_parser import parse_uri

from tests.contract.servers import Wire, in_database, wire_to
from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.outages import LockHolder
from tests.sinks import OK, Reply, Request
from tests.waiting import eventually

Slow = Callable[[], AbstractAsyncContextManager[None]]
HELD = 10
LEASE_SECONDS = 4.0
#: How long before and after the leases' end the store is slow, in seconds.
BEFORE, AFTER = 1.0, 1.0
#: What only a relay's claim holds.
CLAIM = b"$concat"


async def taken_over(lab: Lab) -> Verdict:
    """One of three is killed with work in its hands. The store is slow when that falls due, so that both others have
    looked before either has written: still it is for one of them."""
    lease = {"PIZZERIA_LEASE_SECONDS": str(LEASE_SECONDS)}
    async with _slow_store(lab) as (url, slow):
        doomed = await lab.started("a", **lease)
        for name in "bc":
            await lab.started(name, PIZZERIA_DATABASE_URL=url, **lease)
        for _ in range(lab.size(full=20, short=2)):
            await _put_to_work(lab, doomed.incarnation)
            await doomed.kill()
            await asyncio.sleep(LEASE_SECONDS - BEFORE)
            async with slow():
                await asyncio.sleep(BEFORE + AFTER)
            await lab.settle()
            await doomed.start()
            lab.note("taken over")
        return await lab.close_the_books()


async def _put_to_work(lab: Lab, incarnation: str) -> None:
    """Give the doomed one orders; return when the sink has what it sends, and lets it wait for the answers."""

    def hold_its_answers(request: Request) -> Reply:
        return Reply(after=10 * LEASE_SECONDS) if request.path.endswith(f"/{incarnation}") else OK

    lab.receiver.choose = hold_its_answers
    taken, doomed_url = lab.receiver.taken, lab.replicas[0].url
    await lab.traffic(clients=HELD, lives=(((), 1),), urls=lambda: [doomed_url]).run(HELD)
    await eventually(lambda: lab.receiver.taken >= taken + HELD, 30)


@asynccontextmanager
async def _slow_store(lab: Lab) -> AsyncIterator[tuple[str, Slow]]:
    """Where the two that live on find the store, and what makes it slow for a while: writes wait for another process's
    lock, or on their way until both have sent theirs."""
    if lab.store == "sqlite":
        holder = LockHolder(Path(lab.database_url.removeprefix("sqlite:///")))
        try:
            yield lab.database_url, lambda: _locked(holder)
        finally:
            await holder.kill()
        return
    async with wire_to(lab.database_url) as wire:
        database = parse_uri(lab.database_url)["database"]
        yield in_database(f"mongodb://127.0.0.1:{wire.port}/", database), lambda: _gathering(wire)


@asynccontextmanager
async def _locked(holder: LockHolder) -> AsyncIterator[None]:
    await holder.take()
    yield
    await holder.release()


@asynccontextmanager
async def _gathering(wire: Wire) -> AsyncIterator[None]:
    wire.gather_requests(CLAIM, parties=2)
    yield
    await eventually(lambda: wire.gathered, 30)


@pytest.mark.fault(7, "one of three killed with work in its hands, and the store slow when two take it over", part="c")
async def test_what_falls_to_two_at_once_is_for_one(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await taken_over(lab))
