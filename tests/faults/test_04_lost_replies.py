"""Fault 4: the database does a write, and its reply is lost on the way."""

import asyncio

import pytest
from pymongo.uri_parser import parse_uri

from tests.contract.servers import in_database
from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.wires import lossy_wire_to

DRIVERS = ("motor", "pymongo")
#: After each loss the drivers look at the server before they use it again, half a second apart at least: losses in a
#: row would end shorter leases, and tell about those alone.
LEASE_SECONDS = "5"


async def lose_replies(lab: Lab) -> Verdict:
    """Replies to writes of every kind are lost; half of the run with each driver."""
    losses, refused = lab.size(full=1_000, short=10) // len(DRIVERS), 0
    share = 1 / lab.size(full=100, short=30)
    async with lossy_wire_to(lab.database_url, lab.random.random) as wire:
        behind_wire = f"mongodb://127.0.0.1:{wire.port}/?directConnection=true"
        database = parse_uri(lab.database_url)["database"]
        replica = await lab.opened(
            PIZZERIA_DATABASE_URL=in_database(behind_wire, database), PIZZERIA_LEASE_SECONDS=LEASE_SECONDS
        )
        for driver in DRIVERS:
            await replica.start(PIZZERIA_MONGO_DRIVER=driver)
            traffic, before = lab.traffic(), wire.cuts
            wire.share = share
            traffic.start()
            while traffic.runs and wire.cuts < before + losses:
                await asyncio.sleep(0.01)
            await traffic.stop()
            await lab.settle()
            lab.say(f"{wire.cuts} replies lost, {traffic.finished} orders with {driver}")
            wire.share = 0.0
            refused += traffic.answers[500] + traffic.answers[503]
            if driver != DRIVERS[-1]:
                await replica.stop()
        verdict = await lab.close_the_books()
    for command, count in sorted(wire.lost.items()):
        verdict.facts[f"replies to {command} lost"] = count
    verdict.count("told as failed", ["a command was answered with an error"] * refused)
    return verdict


@pytest.mark.parametrize("store", ["mongodb"], indirect=True)  # to SQLite there is no wire
@pytest.mark.fault(4, "a proxy that drops the database's reply after the write was done")
async def test_a_write_whose_reply_is_lost_is_known_as_done(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await lose_replies(lab))
