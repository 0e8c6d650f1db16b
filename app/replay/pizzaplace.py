"""A real pizzeria's orders of 2015: the table `pizzaplace`, which the package great-tables carries."""

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.util import find_spec
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from app.replay.failure import ReplayFailed

TABLE = "data/05-pizzaplace.csv"
SIZES = ("S", "M", "L", "XL", "XXL")
CURRENCY = "USD"

Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricOrder:
    """What was ordered in 2015. `items` maps pizza and size to how many; `total_amount` is in cents."""

    id: str
    day: date
    time: str
    items: dict[tuple[str, str], int]
    total_amount: int

    @property
    def number(self) -> int:
        """1 for the first order of the year."""
        return int(self.id.rpartition("-")[2])

    @property
    def pizza_count(self) -> int:
        return sum(self.items.values())


@dataclass(frozen=True, slots=True)
class Pizzaplace:
    """A menu as `PUT /api/menu` takes it, and the orders in the order in which they came."""

    menu: dict[str, Any]
    orders: Sequence[HistoricOrder]

    def between(self, first: date | None, last: date | None, days: int | None) -> list[HistoricOrder]:
        """The orders from `first` to `last`, both included, and of no more than `days` days with orders on them.

        Raises `ReplayFailed` where there are none.
        """
        chosen = [o for o in self.orders if (not first or o.day >= first) and (not last or o.day <= last)]
        kept = set(sorted({order.day for order in chosen})[:days])
        if not kept:
            raise ReplayFailed("There are no orders on these days; the table has those of 2015.")
        return [order for order in chosen if order.day in kept]


def load_pizzaplace() -> Pizzaplace:
    """Read the table. Raises `ReplayFailed` where it is not installed, or contradicts itself."""
    with find_table().open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    orders = [_order(order_id, list(lines)) for order_id, lines in groupby(rows, itemgetter("id"))]
    if len({order.id for order in orders}) < len(orders):
        raise ReplayFailed("The table has an order whose lines do not stand together.")
    return Pizzaplace(_menu(rows), orders)


def find_table() -> Path:
    """The table's file. Raises `ReplayFailed` where it is not installed."""
    # Looked up without importing the package, which would load a good deal more than a file.
    package = find_spec("great_tables")
    for folder in package.submodule_search_locations or () if package else ():
        if (Path(folder) / TABLE).is_file():
            return Path(folder) / TABLE
    raise ReplayFailed("The orders come with the package great-tables, which is not here: pip install great-tables")


def _order(order_id: str, lines: list[Row]) -> HistoricOrder:
    return HistoricOrder(
        id=order_id,
        day=date.fromisoformat(lines[0]["date"]),
        time=lines[0]["time"],
        items=dict(Counter((line["name"], line["size"]) for line in lines)),
        total_amount=sum(_cents(line) for line in lines),
    )


def _menu(rows: Iterable[Row]) -> dict[str, Any]:
    kinds: dict[str, str] = {}
    prices: dict[tuple[str, str], int] = {}
    for row in rows:
        key = row["name"], row["size"]
        if prices.setdefault(key, _cents(row)) != _cents(row):
            raise ReplayFailed(f"{row['name']} in size {row['size']} has two prices, which no menu can hold.")
        kinds[row["name"]] = row["type"]
    pizzas = [
        {
            "id": name,
            "name": name.replace("_", " ").title(),
            "description": kinds[name].capitalize(),
            "prices": {size: prices[name, size] for size in SIZES if (name, size) in prices},
        }
        for name in sorted(kinds)
    ]
    return {"currency": CURRENCY, "pizzas": pizzas, "toppings": []}


def _cents(row: Row) -> int:
    return int(Decimal(row["price"]) * 100)
