"""The control: without a fault nothing may even be repeated."""

import pytest

from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict


async def no_fault(lab: Lab) -> Verdict:
    """Orders are taken to their ends by a service that nothing happens to."""
    await lab.started(PIZZERIA_LEASE_SECONDS="10")  # so long that a busy machine ends none
    await lab.traffic().run(lab.size(full=2_000, short=150))
    verdict = await lab.close_the_books()
    for _ in range(lab.ledger.repeats):
        verdict.add("repeats without a cause", "an event came again though nothing was wrong")
    return verdict


@pytest.mark.fault(0, "none: the control")
async def test_without_a_fault_every_event_arrives_once_and_in_order(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await no_fault(lab))
