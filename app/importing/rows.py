"""Reads the rows of a file of orders, CSV or JSON lines, and puts those of one order together."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BufferedReader, TextIOWrapper
from typing import Any, Literal

#: What a row may have. `*`: what it must have.
COLUMNS = {
    "external_id": "* the order's id where it comes from; the rows of one order stand together, one for each line",
    "placed_at": "* ISO 8601; without an offset it is local time of PIZZERIA_TIME_ZONE",
    "pizza": "* its name or id",
    "size": "* its size",
    "quantity": "how many; 1 without it",
    "unit_price": "* of one pizza, in units of the currency: 13.25",
    "extra_toppings": "separated by ;",
    "currency": "ISO 4217; without it --currency, or else the menu's",
    "customer_name": "who ordered",
    "customer_phone": "by which customers are told apart",
    "fulfilment": "pickup (without it) or delivery",
    "street": "of a delivery",
    "city": "of a delivery",
    "postal_code": "of a delivery",
    "status": "collected, delivered or cancelled; without it the first or the second, by fulfilment",
    "confirmed_at": "as placed_at; without it the time of the step before",
    "cooking_at": "likewise",
    "ready_at": "likewise; without it PIZZERIA_COOKING_MINUTES after cooking_at",
    "dispatched_at": "likewise, of a delivery",
    "finished_at": "likewise: when it was collected, delivered or cancelled",
    "cook": "who cooked it",
    "driver": "who delivered it",
}
NEEDED = frozenset(name for name, meaning in COLUMNS.items() if meaning.startswith("*"))

Format = Literal["csv", "jsonl"]


class UnreadableFile(Exception):
    """The file as a whole cannot be taken in; the message says why."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """Why a row cannot be taken in, and the order that it belongs to cannot either."""

    number: int
    reason: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that could be read, by the number of its line in the file. A column without a value is absent."""

    number: int
    values: Mapping[str, str]

    @property
    def external_id(self) -> str | None:
        return self.values.get("external_id")


def read_rows(file: BufferedReader, form: Format) -> Iterator[Row | BrokenRow]:
    """Raises `UnreadableFile`, also in the middle where it is no UTF-8."""
    text = TextIOWrapper(file, encoding="utf-8-sig", newline="" if form == "csv" else None)
    try:
        yield from _csv_rows(text) if form == "csv" else _json_rows(text)
    except UnicodeDecodeError:
        raise UnreadableFile("The file is not UTF-8.") from None
    finally:
        text.detach()  # whoever opened the file closes it


def grouped(rows: Iterable[Row | BrokenRow]) -> Iterator[list[Row | BrokenRow]]:
    """The rows of each order, with what is broken among them; what is broken elsewhere is alone."""
    group: list[Row | BrokenRow] = []
    loose: list[BrokenRow] = []
    for row in rows:
        if group and row.external_id == group[0].external_id:
            group += [*loose, row]
            loose = []
        elif isinstance(row, BrokenRow):
            loose.append(row)  # perhaps of the order before, perhaps of the one behind it
        else:
            yield from _apart(group, [each for each in loose if each.external_id != row.external_id])
            group, loose = [*(each for each in loose if each.external_id == row.external_id), row], []
    yield from _apart(group, loose)


def _apart(group: list[Row | BrokenRow], loose: list[BrokenRow]) -> Iterator[list[Row | BrokenRow]]:
    if group:
        yield group
    for row in loose:
        yield [row]


def _csv_rows(text: TextIOWrapper) -> Iterator[Row | BrokenRow]:
    reader = csv.reader(text, strict=True)
    try:
        names = [name.strip() for name in next(reader, [])]
    except csv.Error as failure:
        raise UnreadableFile(f"The first line is no line of headings: {failure}.") from None
    _check_headings(names)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as failure:
            yield BrokenRow(reader.line_num, f"this is no CSV: {failure}")
            continue
        if not cells:
            continue
        if len(cells) != len(names):
            known = dict(zip(names, cells, strict=False)).get("external_id")
            yield BrokenRow(reader.line_num, f"it has {len(cells)} columns, the first line {len(names)}", known)
            continue
        yield _row(reader.line_num, {name: cell.strip() for name, cell in zip(names, cells, strict=True)})


def _check_headings(names: list[str]) -> None:
    unknown, missing = sorted(set(names) - COLUMNS.keys()), sorted(NEEDED - set(names))
    if unknown:
        raise UnreadableFile(f"There is no column {', '.join(unknown)}. There are: {', '.join(COLUMNS)}.")
    if missing:
        raise UnreadableFile(f"The first line names no column {', '.join(missing)}.")
    if len(set(names)) < len(names):
        raise UnreadableFile("The first line names a column twice.")


def _json_rows(text: TextIOWrapper) -> Iterator[Row | BrokenRow]:
    parse: Callable[[str], Any] = json.JSONDecoder(parse_float=Decimal).decode
    for number, line in enumerate(text, start=1):
        if not line.strip():
            continue
        try:
            found = parse(line)
        except (ValueError, RecursionError) as failure:
            yield BrokenRow(number, f"this is no JSON: {failure}")
            continue
        yield _json_row(number, found)


def _json_row(number: int, found: Any) -> Row | BrokenRow:
    if not isinstance(found, dict):
        return BrokenRow(number, "it is no JSON object")
    external_id = found.get("external_id")
    known = str(external_id) if isinstance(external_id, str | int) else None
    unknown = sorted(found.keys() - COLUMNS.keys())
    if unknown:
        return BrokenRow(number, f"there is no column {', '.join(unknown)}", known)
    odd = [name for name, value in found.items() if isinstance(value, bool | list | dict)]
    if odd:
        return BrokenRow(number, f"{', '.join(odd)}: neither text nor a number", known)
    return _row(number, {name: str(value).strip() for name, value in found.items() if value is not None})


def _row(number: int, values: dict[str, str]) -> Row | BrokenRow:
    given = {name: value for name, value in values.items() if value}
    return Row(number, given) if "external_id" in given else BrokenRow(number, "external_id: missing")
