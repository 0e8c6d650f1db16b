"""Writes `results.md`: the machine, the table, and for each goal that was missed where the time goes."""

from collections.abc import Mapping, Sequence

from benchmarks.rows import Row

INTRODUCTION = """# Measured

Written by `make bench` (`python -m benchmarks`). Everything shares one machine: the service, the load generator, the
sink, the store. Absolute figures therefore say little; each rate stands beside that of a bare FastAPI app with the same
models (`benchmarks/bare.py`), measured in turns with it in the same run. Figures are medians, with the least and the
greatest of the rounds; a ratio is that of a round, not of the medians.
"""
PROFILED = (
    "Samples of the service's process by py-spy, under the load of the row; of its threads only the one that holds the "
    "interpreter's lock is sampled."
)


def write_report(
    machine: Mapping[str, str], rows: Sequence[Row], profiles: Mapping[str, str], notes: str, minutes: float
) -> str:
    lines = [INTRODUCTION, *(f"- {name}: {value}" for name, value in machine.items())]
    lines += [f"- the run took {minutes:.1f} minutes", "", *table(rows), ""]
    if profiles:
        lines += ["## Where the time goes", ""]
        lines += [PROFILED, ""]
        for title, text in profiles.items():
            lines += [f"### {title}", "", text, ""]
    if notes:
        lines += [notes]
    return "\n".join(lines).rstrip() + "\n"


def table(rows: Sequence[Row]) -> list[str]:
    head = ["| what | goal | measured | share or ratio | bare beside it | verdict |", "|---|---|---|---|---|---|"]
    return head + [
        f"| {row.what} | {row.goal} | {row.measured} | {row.ratio} | {row.bare} | {row.verdict} |" for row in rows
    ]
