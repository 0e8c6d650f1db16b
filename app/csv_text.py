"""Tables as CSV (RFC 4180) that spreadsheets open without running anything."""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

#: What makes a spreadsheet take a text for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_text(rows: Iterable[Mapping[str, Any]], columns: Iterable[str]) -> str:
    """With a line of headings. A text that looks like a formula gets an apostrophe in front; null is empty."""
    file = io.StringIO()
    writer = csv.writer(file)
    names = list(columns)
    writer.writerow([_cell(name) for name in names])
    writer.writerows([_cell(row.get(name)) for name in names] for row in rows)
    return file.getvalue()


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """One level of names: `{"waiting": {"mean": 4}}` becomes `waitingMean`; parts of a list go by their `name`."""
    row: dict[str, Any] = {}
    for name, value in values.items():
        joined = prefix + name[:1].upper() + name[1:] if prefix else name
        if isinstance(value, dict):
            row |= flat(value, joined)
        elif isinstance(value, list):
            for part in value:
                row |= flat({part["name"]: {key: each for key, each in part.items() if key != "name"}}, joined)
        else:
            row[joined] = value
    return row


def _cell(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
