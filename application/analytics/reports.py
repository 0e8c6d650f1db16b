"""What analytics answers. Amounts are minor units of one currency; what was cancelled counts only where it says so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What a part of the orders comes to; `name` says which part."""

    name: str
    orders: int
    amount: int
    pizzas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    orders: int
    cancelled_orders: int
    revenue: int
    average_order: float | None
    pizzas: int
    discount: int
    by_status: Sequence[Share]
    by_fulfilment: Sequence[Share]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    start: datetime
    orders: int
    revenue: int
    pizzas: int
    cancelled_orders: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A pizza or a size: how many of it, and what its lines came to."""

    name: str
    quantity: int
    revenue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyHour:
    weekday: str
    hour: int
    orders: int
    revenue: int
    pizzas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """In seconds; None where nothing was timed."""

    orders: int
    mean: float | None
    p50: int | None
    p95: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KitchenReport:
    waiting: Timing
    cooking: Timing
    total: Timing
    estimated_orders: int
    late_orders: int
    late_share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSum:
    customer: str
    orders: int
    revenue: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersReport:
    customers: int
    returning_customers: int
    orders_without_customer: int
    revenue_without_customer: int
    items: Sequence[CustomerSum]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverSum:
    driver: str
    orders: int
    revenue: int
    delivered_orders: int
    mean_seconds: float | None
