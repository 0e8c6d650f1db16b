"""Fault 2: the process stops at the worst places, as between an effect and its acknowledgement."""

import asyncio

import pytest

from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.launcher import POINTS
from tests.faults.ledger import Verdict
from tests.faults.replica import Replica
from tests.faults.traffic import Traffic

#: How often a point is passed at most before it is the last time: a second or two of work.
MOST_HITS = 25
#: Every point is passed within this time while there is traffic, in seconds.
PATIENCE = 60.0


async def stopped_at_failpoints(lab: Lab) -> Verdict:
    """Each start ends at one of the points, at some passing of it, while orders keep coming in."""
    stops = [point for point in POINTS for _ in range(lab.size(full=50, short=1))]
    lab.random.shuffle(stops)
    replica = await lab.opened()
    traffic = lab.traffic()
    traffic.start()
    for point in stops:
        # It may end while it still starts: what was left behind is worked on at once.
        await replica.start(ready=False, FAULTS_KILL_AT=f"{point}:{lab.random.randint(1, MOST_HITS)}")
        await _end_of(replica, traffic)
        lab.note(f"stops {point.replace('_', ' ')}")
    await replica.start()
    await traffic.stop()
    return await lab.close_the_books()


async def _end_of(replica: Replica, traffic: Traffic) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            await replica.died()
    except TimeoutError:
        if not traffic.runs:
            await traffic.join()  # raises what ended it
        raise


@pytest.mark.fault(
    2,
    "stopped at a failpoint: before the save, after it, before dispatch, in a handler, after the effect, before the"
    " acknowledgement, after it",
)
async def test_stopped_at_any_point_it_loses_nothing(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await stopped_at_failpoints(lab))
