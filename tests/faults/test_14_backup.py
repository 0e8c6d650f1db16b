"""Fault 14: the store is copied while it is written to, and the copy put to work."""

import pytest

from tests.faults.away import some_orders
from tests.faults.conftest import Conclude
from tests.faults.copies import CLIENTS, INCONSISTENT, Known, pizzeria, serve_copy
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict

DISTURBED = "requests refused for a backup"


async def copied_live(lab: Lab) -> Verdict:
    """Backups of a busy store, each restored into a store of its own and served by a replica of its own."""
    found = Verdict()
    await lab.started()
    traffic = lab.traffic(clients=CLIENTS)
    for number in range(lab.size(full=20, short=1)):
        traffic.start()
        await some_orders(traffic, lab.size(full=100, short=30))
        file, before, refused = lab.folder / f"{number}.backup", Known.by(lab.ledger), traffic.answers[503]
        await pizzeria(lab, "backup", file, lab.database_url)
        after = Known.by(lab.ledger)
        for _ in range(traffic.answers[503] - refused):
            found.add(DISTURBED, f"backup {number}: {dict(traffic.answers)}")
        await traffic.stop()
        _add(found, await serve_copy(lab, file, before, after))
        file.unlink()
        lab.note("backups")
        lab.note("acknowledged while copied", len(after.acknowledged) - len(before.acknowledged))
    verdict = await lab.close_the_books()
    _add(verdict, found)
    return verdict


def _add(verdict: Verdict, other: Verdict) -> None:
    for what in {*other.counts, DISTURBED, INCONSISTENT}:
        verdict.counts[what] += other.counts[what]
        verdict.examples[what] += other.examples[what]


@pytest.mark.fault(14, "the store is copied mid-write (`pizzeria backup`), and the copy restored and served")
async def test_a_copy_of_a_busy_store_has_all_that_was_promised_and_goes_on(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await copied_live(lab))
