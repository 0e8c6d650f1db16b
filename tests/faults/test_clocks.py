"""The wrong clock does what it says: the system's clock is off, by as much as was asked for, and nothing else is."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.clocks import ShiftedClock

ROOT = Path(__file__).parents[2]

TELL = """
import datetime, json, sqlite3, sys, time
def tell():
    before = time.monotonic()
    time.sleep(0.05)
    print(json.dumps({
        "time": time.time(),
        "datetime": datetime.datetime.now(datetime.UTC).timestamp(),
        "sqlite": int(sqlite3.connect(":memory:").execute("SELECT strftime('%s', 'now')").fetchone()[0]),
        "slept": time.monotonic() - before,
    }), flush=True)
for _ in sys.stdin:
    tell()
"""


@pytest.mark.parametrize("seconds", [3600, -3600, 0])
def test_a_process_sees_the_hour_that_it_is_given_even_if_it_changes(tmp_path: Path, seconds: int) -> None:
    clock = ShiftedClock(tmp_path, 60)
    with _teller(clock.environment) as running, _teller({}) as right:
        assert _off(running, right) == pytest.approx(60, abs=5)
        clock.shift(seconds)
        assert _off(running, right) == pytest.approx(seconds, abs=5)


def _teller(environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", TELL],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _off(running: "subprocess.Popen[str]", right: "subprocess.Popen[str]") -> float:
    """How far all the clocks of one process are off another's; the monotonic one must not be."""
    told, true = _ask(running), _ask(right)
    assert told["slept"] < 5
    shifts = [told[name] - true[name] for name in ("time", "datetime", "sqlite")]
    assert max(shifts) - min(shifts) < 5
    return shifts[0]


def _ask(process: "subprocess.Popen[str]") -> dict[str, float]:
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    told: dict[str, float] = json.loads(process.stdout.readline())
    return told


def test_where_there_is_no_compiler_it_says_what_to_install(tmp_path: Path) -> None:
    make = "import sys, pathlib, tests.faults.clocks as c; c.ShiftedClock(pathlib.Path(sys.argv[1]))"

    failed = subprocess.run(  # noqa: S603
        [sys.executable, "-c", make, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert failed.returncode != 0
    assert "apt-get install gcc" in failed.stderr
