"""Fault 8: a replica's clock is an hour off, either way."""

from itertools import cycle, islice

import pytest

from tests.faults.away import some_orders
from tests.faults.clocks import NoCompiler, ShiftedClock
from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.places import need_a_place

HOUR = 3600
#: Long enough that a replica that gets no processor for a while does not lose them.
LEASE_SECONDS = "8"


async def clock_off(lab: Lab) -> Verdict:
    """Under load a replica is killed with work in its hands, and started anew in another hour; where there can be
    three, one of those in the right hour is killed too, and who is wrong finishes its work."""
    try:
        clock = ShiftedClock(lab.folder)
    except NoCompiler as reason:
        pytest.skip(str(reason))
    wrong, *right = [
        await lab.started(name, PIZZERIA_LEASE_SECONDS=LEASE_SECONDS)
        for name in (("a",) if lab.store == "sqlite" else ("a", "b", "c"))
    ]
    traffic = lab.traffic()
    for hour in islice(cycle((HOUR, -HOUR)), lab.size(full=10, short=2)):
        traffic.start()
        await some_orders(traffic, lab.size(full=100, short=20))
        await wrong.kill()
        clock.shift(hour)
        await wrong.start(ready=True, **clock.environment)
        await some_orders(traffic, lab.size(full=100, short=20))
        if right:
            victim = lab.random.choice(right)
            await victim.kill()
            await victim.start()
        await traffic.stop()
        await lab.settle()
        lab.note("clocks an hour off")
    await need_a_place(lab)
    return await lab.close_the_books()


@pytest.mark.fault(8, "a replica's clock an hour off, either way")
async def test_a_wrong_hour_neither_holds_back_nor_repeats(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await clock_off(lab))
