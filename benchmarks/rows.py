"""A row of the results: what was measured, against which goal, and whether it was met."""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.lab import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`missed` is by which share of the goal it falls short; 0 where it is met."""

    what: str
    goal: str
    measured: str
    ratio: str = ""
    bare: str = ""
    missed: float = 0.0

    @property
    def verdict(self) -> str:
        return f"**short by {self.missed:.0%}**" if self.missed > 0 else "met"


def share_row(what: str, goal: float, ours: Sequence[float], bare: Sequence[float], measured_note: str = "") -> Row:
    """Rates a second, in pairs measured one right after the other; the goal is a share of the bare app's rate."""
    ratios = [our / other for our, other in zip(ours, bare, strict=True)]
    return Row(
        what=what,
        goal=f"{goal:g} of bare",
        measured=f"{spread(ours, '{:,.0f}')}/s{measured_note}",
        ratio=spread(ratios, "{:.2f}"),
        bare=f"{spread(bare, '{:,.0f}')}/s",
        missed=max(0.0, 1 - median(ratios) / goal),
    )


def at_least(what: str, goal: float, values: Sequence[float], note: str = "") -> Row:
    """A rate a second."""
    return Row(
        what=what,
        goal=f"{goal:,.0f}/s",
        measured=f"{spread(values, '{:,.0f}')}/s{note}",
        missed=max(0.0, 1 - median(values) / goal),
    )


def at_most(what: str, goal: float, values: Sequence[float], unit: str, note: str = "") -> Row:
    """A time, a size or a ratio that is better when smaller."""
    return Row(
        what=what,
        goal=f"{goal:g} {unit}",
        measured=f"{spread(values, '{:.2f}')} {unit}{note}",
        missed=max(0.0, median(values) / goal - 1),
    )


def spread(values: Sequence[float], form: str) -> str:
    """The median, and the least and the greatest where there are several."""
    middle = form.format(median(values))
    return f"{middle} ({form.format(min(values))}..{form.format(max(values))})" if len(values) > 1 else middle
