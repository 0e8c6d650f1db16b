"""Makes reports of figures."""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter

from application.analytics.calendar import Calendar, Level, Unit
from application.analytics.figures import ORDER_BITS, ORDER_MASK, Customers, Durations, KitchenTimes, Sales, Tally
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


def series(pieces: Sequence[Piece[Sales]], currency: str, unit: Unit, calendar: Calendar) -> list[Point]:
    """A point for each hour, day, week or month in which an order was placed."""
    sums: dict[datetime, Tally] = {}
    for moment, head in _heads(pieces, currency, hourly=unit is Unit.HOUR):
        start = calendar.unit(unit, moment)
        sums[start] = _plus(sums.get(start), head)
    return [
        Point(start=calendar.local(start), orders=head[0], revenue=head[1], pizzas=head[2], cancelled_orders=head[3])
        for start, head in sorted(sums.items())
    ]


def _heads(pieces: Sequence[Piece[Sales]], currency: str, *, hourly: bool) -> Iterable[tuple[datetime, Tally]]:
    """A month tells of its days. A day is told of whole, but where hours are wanted."""
    whole = Level.HOUR if hourly else Level.DAY
    for piece in pieces:
        sales = piece.figures.get(currency)
        if sales is None:
            continue
        if piece.level in (whole, Level.HOUR):
            yield piece.start, sales.head
        else:
            for seconds, head in sales.points.items():
                yield datetime.fromtimestamp(seconds, UTC), head


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
    best = heapq.nlargest(limit, found.sums.items(), key=itemgetter(1, 0))
    return CustomersReport(
        customers=len(found.sums),
        returning_customers=sum(value & ORDER_MASK > 1 for value in found.sums.values()),
        orders_without_customer=found.unknown & ORDER_MASK,
        revenue_without_customer=found.unknown >> ORDER_BITS,
        items=[
            CustomerSum(customer=f"{key:016x}", orders=value & ORDER_MASK, revenue=value >> ORDER_BITS)
            for key, value in best
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
