"""Fault 10: SQLite's disk is full, and then has room again."""

from itertools import repeat

import pytest

from tests.faults.away import Ordeal
from tests.faults.books import SqliteAuditor
from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.outages import disk_outages
from tests.faults.small_disk import small_disk


async def disk_full(lab: Lab) -> Verdict:
    """Under load the disk's last byte is taken, the log's room is used up, writes fail; then there is room again."""
    with small_disk(lab.folder / "disk") as disk:
        path = disk.folder / "pizzeria.db"
        lab.auditor, lab.database_url = SqliteAuditor(path), f"sqlite:///{path}"
        ordeal = Ordeal(lab, await lab.started(), lab.traffic(), seconds=lab.random.uniform(0.5, 2))
        times = lab.size(full=10, short=1)
        (outage,) = disk_outages(disk)
        return await ordeal.run(repeat(outage, times), orders_between=lab.size(full=100, short=30))


@pytest.mark.parametrize("store", ["sqlite"])
@pytest.mark.fault(10, "disk full under SQLite, then room again")
async def test_a_full_disk_costs_refusals_and_nothing_else(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await disk_full(lab))
