"""`python -m benchmarks [--quick] [--only NAME]...`: measures, prints, and writes `results.md` after a whole run."""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.groups import GROUPS
from benchmarks.lab import MONGO_VARIABLE, Lab, NoMongo
from benchmarks.machine import describe_machine
from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.report import table, write_report
from benchmarks.rows import Row

HERE = Path(__file__).parent
RESULTS, NOTES = HERE / "results.md", HERE / "notes.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where everything could be measured, whether or not the goals were met."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends what was started, too
    names = options.only or list(GROUPS)
    if any(name.endswith("mongo") for name in names):
        _find_mongo()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=options.directory) as directory:
        lab = Lab(Path(directory), quick=options.quick)
        machine = describe_machine(lab.directory)
        rows: list[Row] = []
        profiles: dict[str, str] = {}
        try:
            failed = [name for name in names if not _measure(lab, name, rows, profiles)]
        finally:
            lab.clean_up()
    report = write_report(machine, rows, profiles, _notes(), (time.monotonic() - started) / 60)
    if options.write or not (options.quick or options.only or failed):
        RESULTS.write_text(report)
    print(report if options.only else "\n".join(table(rows)))
    if failed:
        print(f"could not be measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="very short rounds: shows that it works, measures little")
    parser.add_argument("--only", action="append", choices=GROUPS, metavar="NAME", help=", ".join(GROUPS))
    parser.add_argument("--write", action="store_true", help="write results.md even after a partial run")
    parser.add_argument("--directory", help="where databases are made: a directory on the disk to measure")
    return parser.parse_args(arguments)


def _measure(lab: Lab, name: str, rows: list[Row], profiles: dict[str, str]) -> bool:
    """Add the group's rows, and a profile where one of them missed its goal. False where it failed."""
    group, began = GROUPS[name], time.monotonic()
    print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
    try:
        measured = group.measure(lab)
        rows += measured
        if group.profile and any(row.missed for row in measured) and not lab.quick:
            profiles[name] = str(group.profile(lab))
    except NoMongo:
        print(f"skipped: no MongoDB; set {MONGO_VARIABLE}", file=sys.stderr)
        return False
    except (BenchmarkError, OSError) as failure:
        print(f"failed: {failure}", file=sys.stderr)
        return False
    print(f"{time.monotonic() - began:.0f} s: {', '.join(row.verdict for row in measured)}", file=sys.stderr)
    return True


def _find_mongo() -> None:
    """Where no server is named, the project's script finds or starts one."""
    if os.environ.get(MONGO_VARIABLE):
        return
    try:
        found = subprocess.run(  # noqa: S603 - our own script
            [ROOT / "scripts" / "mongo"], stdout=subprocess.PIPE, text=True, check=True, timeout=900
        )
    except (OSError, subprocess.SubprocessError) as failure:
        print(f"no MongoDB: {failure}", file=sys.stderr)
        return
    os.environ[MONGO_VARIABLE] = found.stdout.strip()


def _notes() -> str:
    return NOTES.read_text() if NOTES.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
