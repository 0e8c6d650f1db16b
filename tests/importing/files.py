"""What the year of pizzaplace adds up to, counted here and by nobody else."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Expected:
    """What analytics has to answer, in the shapes that it answers in."""

    rows: list[dict[str, str]]

    @property
    def revenue(self) -> int:
        return sum(map(_cents, self.rows))

    @property
    def orders(self) -> int:
        return len({row["id"] for row in self.rows})

    def by_month(self) -> dict[str, tuple[int, int, int]]:
        """By `2015-01`: orders, revenue, pizzas."""
        return self._grouped(lambda row: row["date"][:7])

    def by_day(self) -> dict[str, tuple[int, int, int]]:
        return self._grouped(lambda row: row["date"])

    def by_weekly_hour(self) -> dict[tuple[str, int], tuple[int, int, int]]:
        return self._grouped(lambda row: (WEEKDAYS[date.fromisoformat(row["date"]).weekday()], int(row["time"][:2])))

    def by(self, column: str) -> dict[str, tuple[int, int]]:
        """By pizza (`name`) or `size`: quantity, revenue."""
        quantity: Counter[str] = Counter(row[column] for row in self.rows)
        revenue: Counter[str] = Counter()
        for row in self.rows:
            revenue[row[column]] += _cents(row)
        return {name: (quantity[name], revenue[name]) for name in quantity}

    def _grouped(self, key: Any) -> dict[Any, tuple[int, int, int]]:
        orders: dict[Any, set[str]] = {}
        revenue: Counter[Any] = Counter()
        pizzas: Counter[Any] = Counter()
        for row in self.rows:
            group = key(row)
            orders.setdefault(group, set()).add(row["id"])
            revenue[group] += _cents(row)
            pizzas[group] += 1
        return {group: (len(orders[group]), revenue[group], pizzas[group]) for group in orders}


def _cents(row: dict[str, str]) -> int:
    return int(Decimal(row["price"]) * 100)
