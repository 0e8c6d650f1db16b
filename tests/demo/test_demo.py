"""`pizzeria demo`, as a new user runs it: the whole story, checked by itself, nothing left behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.demo.story import StoryFailed, run_demo
from tests.pizzeria import ROOT

LINES = (
    "Stocked 10 portions of 'Calzone', by itself",
    "Reserved 2 portions",
    "Deducted 2 portions: 8 are left",
    "[Notification] email: placed, sent",
    "[Notification] sms: shipped, sent",
    "[CloudEvent] com.mariopizzeria.order.placed.v1",
    "[CloudEvent] com.mariopizzeria.order.shipped.v1",
    "All checks passed!",
)


def test_the_demo_tells_its_story_to_the_end_and_leaves_nothing_behind(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "app.cli", "demo"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert told.returncode == 0, told.stderr
    places = [told.stdout.find(line) for line in LINES]
    assert -1 not in places, told.stdout
    assert places[:3] == sorted(places[:3])
    assert list(tmp_path.iterdir()) == []


async def test_a_story_that_does_not_come_true_is_no_success() -> None:
    with pytest.raises(StoryFailed, match="stocks the new pizza"):
        await run_demo(lambda _: None, portions=0, patience=0.5)
