"""Makes reports of figures."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import repeat
from operator import and_

from application.analytics.calendar import Calendar, Level, Unit
from application.analytics.figures import (
    ORDER_BITS,
    ORDER_MASK,
    Customers,
    Durations,
    KitchenTimes,
    Sales,
    Tally,
    Timeline,
)
from application.analytics.reader import Piece
from application.analytics.reports import (
    CustomersReport,
    CustomerSum,
    DriverSum,
    KitchenReport,
    Overview,
    Point,
    Share,
    Sold,
    Timing,
    WeeklyHour,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def overview(sales: Sales) -> Overview:
    orders, revenue, pizzas_, cancelled = sales.head
    return Overview(
        orders=orders,
        cancelled_orders=cancelled,
        revenue=revenue,
        average_order=revenue / orders if orders else None,
        pizzas=pizzas_,
        discount=sales.discount,
        by_status=_shares(sales.statuses),
        by_fulfilment=_shares(sales.fulfilments),
    )


def series(pieces: Sequence[Piece[Timeline]], currency: str, unit: Unit, calendar: Calendar) -> list[Point]:
    """A point for each hour, day, week or month in which an order was placed."""
    sums: dict[datetime, Tally] = {}
    for moment, tally in _tallies(pieces, currency, unit):
        start = moment if unit is Unit.HOUR else calendar.unit(unit, moment)
        sums[start] = _plus(sums.get(start), tally)
    return [
        Point(start=calendar.local(start), orders=sum_[0], revenue=sum_[1], pizzas=sum_[2], cancelled_orders=sum_[3])
        for start, sum_ in sorted(sums.items())
    ]


def _tallies(pieces: Sequence[Piece[Timeline]], currency: str, unit: Unit) -> Iterator[tuple[datetime, Tally]]:
    """Of spans that lie within one of the unit each: a month tells of its days, a day of its hours."""
    whole = {Unit.HOUR: {Level.HOUR}, Unit.MONTH: set(Level)}.get(unit, {Level.HOUR, Level.DAY})
    for piece in pieces:
        timeline = piece.figures.get(currency)
        if timeline is None:
            continue
        if piece.level in whole:
            yield piece.start, timeline.total
        else:
            for seconds, tally in timeline.points.items():
                yield datetime.fromtimestamp(seconds, UTC), tally


def pizzas(sales: Sales) -> list[Sold]:
    sums: dict[str, Tally] = {}
    for pizza, by_size in sales.lines.items():
        for tally in by_size.values():
            sums[pizza] = _plus(sums.get(pizza), tally)
    return _sold(sums)


def sizes(sales: Sales) -> list[Sold]:
    sums: dict[str, Tally] = {}
    for by_size in sales.lines.values():
        for size, tally in by_size.items():
            sums[size] = _plus(sums.get(size), tally)
    return _sold(sums)


def weekly_hours(sales: Sales) -> list[WeeklyHour]:
    """All 168, from the first hour of Monday on."""
    table = []
    for n in range(168):
        orders, revenue, count = sales.hours.get(n, (0, 0, 0))
        table.append(WeeklyHour(weekday=WEEKDAYS[n // 24], hour=n % 24, orders=orders, revenue=revenue, pizzas=count))
    return table


def kitchen(times: KitchenTimes) -> KitchenReport:
    return KitchenReport(
        waiting=_timing(times.waiting),
        cooking=_timing(times.cooking),
        total=_timing(times.total),
        estimated_orders=times.estimated,
        late_orders=times.late,
        late_share=times.late / times.estimated if times.estimated else None,
    )


def customers(found: Customers, limit: int) -> CustomersReport:
    """Who bought for most comes first; of two that bought for the same, who ordered more often."""
    least = min(heapq.nlargest(limit, found.sums.values()), default=0)
    best = sorted([(value, key) for key, value in found.sums.items() if value >= least], reverse=True)[:limit]
    once = list(map(and_, found.sums.values(), repeat(ORDER_MASK))).count(1)  # without a loop: there may be many
    return CustomersReport(
        customers=len(found.sums),
        returning_customers=len(found.sums) - once,
        orders_without_customer=found.unknown & ORDER_MASK,
        revenue_without_customer=found.unknown >> ORDER_BITS,
        items=[
            CustomerSum(customer=f"{key:015x}", orders=value & ORDER_MASK, revenue=value >> ORDER_BITS)
            for value, key in best
        ],
    )


def drivers(sales: Sales) -> list[DriverSum]:
    """Who took most orders out comes first."""
    sums = [
        DriverSum(
            driver=driver,
            orders=orders,
            revenue=revenue,
            delivered_orders=delivered,
            mean_seconds=seconds / delivered if delivered else None,
        )
        for driver, (orders, revenue, delivered, seconds) in sales.drivers.items()
    ]
    return sorted(sums, key=lambda each: (-each.orders, each.driver))


def _shares(tallies: Mapping[str, Tally]) -> list[Share]:
    return [
        Share(name=name, orders=orders, amount=amount, pizzas=count)
        for name, (orders, amount, count) in sorted(tallies.items())
    ]


def _sold(sums: Mapping[str, Tally]) -> list[Sold]:
    """What sold for most comes first."""
    sold = [Sold(name=name, quantity=quantity, revenue=revenue) for name, (quantity, revenue) in sums.items()]
    return sorted(sold, key=lambda each: (-each.revenue, each.name))


def _timing(durations: Durations) -> Timing:
    return Timing(
        orders=durations.count,
        mean=durations.mean,
        p50=durations.percentile(0.5),
        p95=durations.percentile(0.95),
    )


def _plus(known: Tally | None, more: Tally) -> Tally:
    return more if known is None else [a + b for a, b in zip(known, more, strict=True)]
