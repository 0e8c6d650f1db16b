"""Figures that can be added up: of an hour from its facts, of a day from its hours, of a month from its days.

A tally is a list of whole numbers that are added one by one; what they are stands beside each.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import sub
from typing import Protocol, Self, TypeVar

from application.analytics.facts import LATE_SECONDS, OrderFact
from domain.order_lifecycle import OrderStatus

K = TypeVar("K")
F = TypeVar("F", bound="Figures")
Tally = list[int]

#: Times are counted by the second up to an hour, and by the minute up to a day, which stands for all that took longer.
EXACT_SECONDS = 3_600
LONGEST_SECONDS = 86_400
#: Of a customer's sum: the lower bits count orders, the rest is revenue.
ORDER_BITS = 20
ORDER_MASK = (1 << ORDER_BITS) - 1


class Figures(Protocol):
    """Of the orders in one currency that were placed in a span."""

    @property
    def orders(self) -> int:
        """How many there were, cancelled or not."""
        ...

    def take(self, fact: OrderFact, weekly_hour: int) -> None:
        """Count an order in."""
        ...

    def add(self, other: Self, start: datetime) -> None:
        """Add those of a shorter span within, which began at `start`."""
        ...


@dataclass(slots=True)
class Sales:
    """What was sold. Only `statuses` has the cancelled orders too."""

    #: By status: orders, amount, pizzas.
    statuses: dict[str, Tally] = field(default_factory=dict)
    #: By fulfilment, and by the hour of the week: orders, revenue, pizzas.
    fulfilments: dict[str, Tally] = field(default_factory=dict)
    hours: dict[int, Tally] = field(default_factory=dict)
    #: By pizza and size: quantity, amount.
    lines: dict[str, dict[str, Tally]] = field(default_factory=dict)
    #: By carrier: orders sent out, revenue, orders delivered, seconds that these were on their way.
    drivers: dict[str, Tally] = field(default_factory=dict)
    discount: int = 0

    def take(self, fact: OrderFact, weekly_hour: int) -> None:
        sums = (1, fact.total_amount, fact.pizza_count)
        _tally(self.statuses, fact.status, sums)
        if fact.status == OrderStatus.CANCELLED:
            return
        _tally(self.fulfilments, fact.fulfilment, sums)
        _tally(self.hours, weekly_hour, sums)
        self.discount += fact.discount
        for line in fact.lines:
            _tally(self.lines.setdefault(line.pizza, {}), line.size, (line.quantity, line.amount))
        if fact.carrier:
            seconds = fact.seconds_on_its_way
            arrived = (0, 0) if seconds is None else (1, round(seconds))
            _tally(self.drivers, fact.carrier, (1, fact.total_amount, *arrived))

    def add(self, other: Self, start: datetime) -> None:
        _add(self.statuses, other.statuses)
        _add(self.fulfilments, other.fulfilments)
        _add(self.hours, other.hours)
        _add(self.drivers, other.drivers)
        for pizza, sizes in other.lines.items():
            _add(self.lines.setdefault(pizza, {}), sizes)
        self.discount += other.discount

    @property
    def orders(self) -> int:
        return sum(tally[0] for tally in self.statuses.values())

    @property
    def head(self) -> Tally:
        """Orders, revenue and pizzas, without what was cancelled; orders cancelled."""
        sums = [0, 0, 0]
        for status, tally in self.statuses.items():
            if status != OrderStatus.CANCELLED:
                sums = [a + b for a, b in zip(sums, tally, strict=True)]
        return [*sums, self.statuses.get(OrderStatus.CANCELLED, [0])[0]]


@dataclass(slots=True)
class Timeline:
    """How it went over time, in tallies of: orders, revenue and pizzas, without what was cancelled; orders
    cancelled."""

    total: Tally = field(default_factory=lambda: [0, 0, 0, 0])
    #: The total of each shorter span within, by the second (since 1970) when it began.
    points: dict[int, Tally] = field(default_factory=dict)

    @property
    def orders(self) -> int:
        return self.total[0] + self.total[3]

    def take(self, fact: OrderFact, weekly_hour: int) -> None:
        if fact.status == OrderStatus.CANCELLED:
            self.total[3] += 1
        else:
            self.total[0] += 1
            self.total[1] += fact.total_amount
            self.total[2] += fact.pizza_count

    def add(self, other: Self, start: datetime) -> None:
        self.total = [a + b for a, b in zip(self.total, other.total, strict=True)]
        self.points[int(start.timestamp())] = other.total


@dataclass(slots=True)
class Durations:
    """How long something took: `bins` counts by seconds (see `EXACT_SECONDS`), `milliseconds` is the exact sum."""

    count: int = 0
    milliseconds: int = 0
    bins: dict[int, int] = field(default_factory=dict)

    def take(self, seconds: float | None) -> None:
        if seconds is None:
            return
        whole = min(int(seconds), LONGEST_SECONDS)
        bin_ = whole if whole < EXACT_SECONDS else whole // 60 * 60
        self.count += 1
        self.milliseconds += round(seconds * 1000)
        self.bins[bin_] = self.bins.get(bin_, 0) + 1

    def add(self, other: "Durations") -> None:
        self.count += other.count
        self.milliseconds += other.milliseconds
        for bin_, count in other.bins.items():
            self.bins[bin_] = self.bins.get(bin_, 0) + count

    @property
    def mean(self) -> float | None:
        """In seconds."""
        return self.milliseconds / self.count / 1000 if self.count else None

    def percentile(self, share: float) -> int | None:
        """The shortest of these times that at least such a share of them does not exceed."""
        reached = 0
        for bin_ in sorted(self.bins):
            reached += self.bins[bin_]
            if reached >= share * self.count:
                return bin_
        return None


@dataclass(slots=True)
class KitchenTimes:
    """How fast the kitchen was; `estimated` counts the orders that were ready and had an estimate, `late` those that
    were ready more than five minutes after it."""

    orders: int = 0
    waiting: Durations = field(default_factory=Durations)
    cooking: Durations = field(default_factory=Durations)
    total: Durations = field(default_factory=Durations)
    estimated: int = 0
    late: int = 0

    def take(self, fact: OrderFact, weekly_hour: int) -> None:
        self.orders += 1
        self.waiting.take(fact.seconds_waiting)
        self.cooking.take(fact.seconds_cooking)
        self.total.take(fact.seconds_in_kitchen)
        late = fact.seconds_late
        if late is not None:
            self.estimated += 1
            self.late += late > LATE_SECONDS

    def add(self, other: Self, start: datetime) -> None:
        self.orders += other.orders
        self.waiting.add(other.waiting)
        self.cooking.add(other.cooking)
        self.total.add(other.total)
        self.estimated += other.estimated
        self.late += other.late


@dataclass(slots=True)
class Customers:
    """Who bought, without what was cancelled. `sums` holds, by a customer's key as a number, revenue and orders in one
    number (see `ORDER_BITS`), so that they are added in one go; `unknown` is of orders that name no customer."""

    orders: int = 0
    sums: dict[int, int] = field(default_factory=dict)
    unknown: int = 0

    def take(self, fact: OrderFact, weekly_hour: int) -> None:
        self.orders += 1
        if fact.status == OrderStatus.CANCELLED:
            return
        value = (fact.total_amount << ORDER_BITS) + 1
        if fact.customer is None:
            self.unknown += value
        else:
            key = int(fact.customer, 16)
            self.sums[key] = self.sums.get(key, 0) + value

    def add(self, other: Self, start: datetime) -> None:
        self.orders += other.orders
        self.unknown += other.unknown
        sums, known = self.sums, self.sums.get
        if not sums:
            self.sums = other.sums.copy()
            return
        for key, value in other.sums.items():
            sums[key] = known(key, 0) + value

    def subtract(self, earlier: Self) -> None:
        """Leave what has come since; `earlier` counts nothing that is not counted here."""
        self.orders -= earlier.orders
        self.unknown -= earlier.unknown
        sums, before = self.sums, earlier.sums
        # Without a loop, and into the dictionary that is there: half the time, where there are many.
        sums.update(zip(before, map(sub, map(sums.__getitem__, before), before.values()), strict=True))
        for key in [key for key, value in sums.items() if not value]:
            del sums[key]


@dataclass(slots=True)
class Parts:
    """All that is rolled up for a span, by currency, each part to be read without the others."""

    timeline: dict[str, Timeline] = field(default_factory=dict)
    sales: dict[str, Sales] = field(default_factory=dict)
    kitchen: dict[str, KitchenTimes] = field(default_factory=dict)
    customers: dict[str, Customers] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not self.sales


def figures_of(facts: Iterable[OrderFact], weekly_hour: int, kind: type[F]) -> dict[str, F]:
    """Of facts that are all of one hour, by currency."""
    made: dict[str, F] = {}
    for fact in facts:
        figures = made.get(fact.currency)
        if figures is None:
            figures = made[fact.currency] = kind()
        figures.take(fact, weekly_hour)
    return made


def sum_up(spans: Mapping[datetime, Mapping[str, F]], kind: type[F]) -> dict[str, F]:
    """Of a longer span, from the spans within, in the order of time."""
    total: dict[str, F] = {}
    for start in sorted(spans):
        for currency, figures in spans[start].items():
            if currency not in total:
                total[currency] = kind()
            total[currency].add(figures, start)
    return total


def parts_of(facts: list[OrderFact], weekly_hour: int) -> Parts:
    return Parts(
        timeline=figures_of(facts, weekly_hour, Timeline),
        sales=figures_of(facts, weekly_hour, Sales),
        kitchen=figures_of(facts, weekly_hour, KitchenTimes),
        customers=figures_of(facts, weekly_hour, Customers),
    )


def sum_of_parts(spans: Mapping[datetime, Parts]) -> Parts:
    return Parts(
        timeline=sum_up({start: parts.timeline for start, parts in spans.items()}, Timeline),
        sales=sum_up({start: parts.sales for start, parts in spans.items()}, Sales),
        kitchen=sum_up({start: parts.kitchen for start, parts in spans.items()}, KitchenTimes),
        customers=sum_up({start: parts.customers for start, parts in spans.items()}, Customers),
    )


def _tally(into: dict[K, Tally], key: K, values: tuple[int, ...]) -> None:
    known = into.get(key)
    into[key] = list(values) if known is None else [a + b for a, b in zip(known, values, strict=True)]


def _add(into: dict[K, Tally], more: Mapping[K, Tally]) -> None:
    for key, values in more.items():
        known = into.get(key)
        into[key] = values.copy() if known is None else [a + b for a, b in zip(known, values, strict=True)]
