"""The suite's own test: each known mistake, put back into the service, must be noticed."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults.conftest import RESULTS, OpenLab
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.mutants import described, plant
from tests.faults.test_00_no_fault import no_fault
from tests.faults.test_02_failpoints import stopped_at_failpoints
from tests.faults.test_05_sink_answers import answer_badly
from tests.faults.test_06_lost_sink_replies import lose_sink_replies
from tests.faults.test_07_frozen_replica import frozen_at_work
from tests.faults.test_07_taken_over import taken_over
from tests.faults.test_09_poison import poison_some_orders
from tests.faults.test_11_races import races
from tests.faults.test_12_rolling import rolled_out

#: Some mistakes need bad luck to do harm: so often a run may try to have it.
TRIES = 3
#: Which run has to notice which mistake.
NOTICED_BY: dict[str, Callable[[Lab], Awaitable[Verdict]]] = {
    "acknowledge-before-effect": stopped_at_failpoints,
    "acknowledge-without-token": frozen_at_work,
    "acknowledge-what-came-meanwhile": no_fault,
    "replace-on-save": no_fault,
    "deduplicate-without-handler": answer_badly,
    "claim-without-lease": taken_over,
    "send-before-save": races,
    "overtake-parked": poison_some_orders,
    "no-hand-back": rolled_out,
    "deduct-without-key": stopped_at_failpoints,
    "credit-without-key": stopped_at_failpoints,
    "mail-under-a-new-id": lose_sink_replies,
    "record-before-sending": stopped_at_failpoints,
}


@pytest.mark.parametrize("mistake", NOTICED_BY)
async def test_a_known_mistake_is_noticed(mistake: str, store: str, open_lab: OpenLab, tmp_path: Path) -> None:
    scenario, tree = NOTICED_BY[mistake], plant(mistake, store, tmp_path)
    verdict = Verdict()
    for number in range(TRIES):
        async with open_lab(tree) as lab:
            lab.random.seed(lab.seed + number)
            verdict = await scenario(lab)
        if verdict.faults:
            break
    print(f"{mistake} on {store}:\n{verdict}")  # noqa: T201
    result = {
        "mistake": described(mistake, store), "store": store, "scenario": scenario.__name__, "seed": lab.seed,
        "noticed": verdict.faults,
    }  # fmt: skip
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"mutant-{mistake}-{store}.json").write_text(json.dumps(result, indent=1))
    assert verdict.faults, f"{mistake}: the mutant survived"
