"""How many orders of the past a second `pizzeria import` takes in, by the clock, adding them up included."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

from app.replay.pizzaplace import find_table
from benchmarks.lab import Lab
from benchmarks.processes import ROOT, BenchmarkError
from benchmarks.rows import Row, at_least

HEADINGS = ("external_id", "placed_at", "pizza", "size", "unit_price", "currency")
#: What the command says at its end.
_summary = re.compile(r"Imported ([\d,]+) orders, in ([\d.,]+) s\.")


def import_on_sqlite(lab: Lab) -> list[Row]:
    file = _year(lab.directory / "year.csv", month="" if not lab.quick else "2015-01")
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


def _year(file: Path, month: str) -> Path:
    """The table of `pizzaplace`, a pizza a row, in the columns that the import takes."""
    with find_table().open(newline="", encoding="utf-8") as source, file.open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(HEADINGS)
        writer.writerows(
            (row["id"], f"{row['date']}T{row['time']}", row["name"], row["size"], row["price"], "USD")
            for row in csv.DictReader(source)
            if row["date"].startswith(month)
        )
    return file
