"""A clock that is set by an hour, during work or between two runs: nothing waits for it and nothing comes twice."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infrastructure.sqlite.clock import FileClock
from tests.application.delivering import Recorder, process
from tests.application.stepped_process import TRIALS
from tests.faults.clocks import NoCompiler, ShiftedClock
from tests.waiting import eventually

HOUR = 3600
ROOT = Path(__file__).parents[2]

either_way = pytest.mark.parametrize("off", [-HOUR, HOUR], ids=["back", "forth"])


@pytest.fixture
def clock(tmp_path: Path) -> ShiftedClock:
    try:
        return ShiftedClock(tmp_path)
    except NoCompiler as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))


@either_way
@pytest.mark.parametrize("trial", [trial.__name__ for trial in TRIALS])
def test_a_clock_that_is_set_under_a_running_process_changes_nothing_for(
    trial: str, off: int, clock: ShiftedClock, tmp_path: Path
) -> None:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.application.stepped_process", trial, str(off), str(tmp_path)],
        cwd=ROOT,
        env=os.environ | clock.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@either_way
@pytest.mark.parametrize("boot", ["same", "next"])
async def test_what_a_dead_process_held_comes_in_time_after_a_start_at_another_hour(
    tmp_path: Path, off: int, boot: str
) -> None:
    dead, heir = Recorder(), Recorder()
    dead.gate.clear()
    async with process(tmp_path / "p.db", [dead], lease_seconds=1, clock=FileClock(boot="same")) as crashing:
        orders = [await crashing.place() for _ in range(5)]
        await crashing.die()
    clock = FileClock(boot=boot, system_time=lambda: time.time() + off)
    async with process(tmp_path / "p.db", [heir], lease_seconds=1, clock=clock) as running:
        await eventually(running.nothing_pending)
    assert heir.seen == {order.id: [1] for order in orders}


@either_way
async def test_processes_that_started_at_different_hours_share_the_work(tmp_path: Path, off: int) -> None:
    here, there = Recorder(), Recorder()
    wrong = FileClock(system_time=lambda: time.time() + off)
    async with process(tmp_path / "p.db", [here]) as one, process(tmp_path / "p.db", [there], clock=wrong) as two:
        orders = [await running.place() for running in (one, two) * 10]
        for index, order in enumerate(orders):
            await (two if index % 2 == 0 else one).confirm(order)
        await eventually(lambda: one.dispatcher.idle and two.dispatcher.idle)
        await eventually(one.nothing_pending)
    for order in orders:
        assert sorted(here.seen[order.id] + there.seen[order.id]) == [1, 2]
