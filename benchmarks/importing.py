"""How many orders of the past a second `pizzeria import` takes in, by the clock, adding them up included."""

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from app.replay.pizzaplace import find_table
from benchmarks.lab import Lab
from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.rows import Row, at_least

HEADINGS = ("external_id", "placed_at", "pizza", "size", "unit_price", "currency")
#: What the command says at its end.
_summary = re.compile(r"Imported ([\d,]+) orders, in ([\d.,]+) s\.")


def import_on_sqlite(lab: Lab) -> list[Row]:
    file = write_import(lab.directory / "year.csv", table("2015-01" if lab.quick else ""))
    rates = [_import(lab, file) for _ in range(lab.pick(3, 1))]
    return [at_least("import a real year of 21,350 orders into SQLite", 2_000, rates)]


def _import(lab: Lab, file: Path) -> float:
    """Orders a second, as the command itself counts them, from its first line to its last."""
    run = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "app.cli", "import", str(file)],
        cwd=ROOT,
        env={**os.environ, "PIZZERIA_DATABASE_URL": lab.sqlite()},
        capture_output=True,
        text=True,
        check=False,
    )
    said = _summary.search(run.stdout)
    if run.returncode or not said:
        raise BenchmarkError(f"the import ended with {run.returncode}: {run.stderr[-500:]}")
    return float(said[1].replace(",", "")) / float(said[2].replace(",", ""))


def table(month: str = "") -> list[dict[str, str]]:
    """The rows of the year of `pizzaplace`, or of a month such as `2015-01`: a pizza each."""
    with find_table().open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["date"].startswith(month)]


def write_import(path: Path, rows: Iterable[dict[str, str]]) -> Path:
    """Those rows, in the columns that the import takes."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(
            (row["id"], f"{row['date']}T{row['time']}", row["name"], row["size"], row["price"], "USD") for row in rows
        )
    return path
