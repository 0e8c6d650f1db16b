"""Fault 1: the process is killed, at any moment."""

import asyncio

import pytest

from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict


async def kill_at_random(lab: Lab) -> Verdict:
    """`kill -9` while orders pour in, and a new start, over and over."""
    orders, kills = lab.size(full=10_000, short=300), lab.size(full=100, short=3)
    replica = await lab.started()
    traffic = lab.traffic()
    traffic.start(orders)
    for number in range(1, kills + 1):
        # Spread over the orders, so that the last kill has something to interrupt too; never while it still starts.
        while traffic.runs and traffic.finished < orders * number // (kills + 1):
            await asyncio.sleep(0.005)
        await asyncio.sleep(lab.random.uniform(0, 0.3))
        await replica.kill()
        await replica.start()
        lab.note("kills")
        if number % 10 == 0:
            lab.say(f"{number} of {kills} kills, {traffic.finished:,} of {orders:,} orders")
    await traffic.join()
    return await lab.close_the_books()


@pytest.mark.fault(1, "`kill -9` of the service at random")
async def test_killed_at_any_moment_it_loses_nothing(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await kill_at_random(lab))
