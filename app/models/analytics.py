"""Analytics, as clients ask for it and read it."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.models.base import QueryModel, ResponseModel, example
from app.models.order_requests import Moment
from application.analytics.calendar import Unit

Orders = Annotated[int, Field(ge=0, description="Orders placed in the range and not cancelled since.")]
Revenue = Annotated[
    int, Field(description="What these orders come to, discounts taken off, in minor units of `currency`.")
]
Pizzas = Annotated[int, Field(ge=0, description="Pizzas in these orders.")]
RANGE: dict[str, Any] = {
    "timeZone": "Europe/Rome",
    "from": "2026-05-01T00:00:00+02:00",
    "to": "2026-06-01T00:00:00+02:00",
    "currency": "EUR",
    "otherCurrencies": [],
}


class AnalyticsQueryModel(QueryModel):
    """Which orders, and how to tell."""

    start: Moment | None = Field(
        None, alias="from", description="Only orders placed at or after this moment. Without it: from the first one."
    )
    end: Moment | None = Field(
        None, alias="to", description="Only orders placed before this moment. Without it: up to the last one."
    )
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
        None, description="Only orders in this currency. Without it: the one that most orders of the range are in."
    )
    format: Literal["json", "csv"] | None = Field(
        None, description="Without it: CSV where the header `Accept` prefers `text/csv`, else JSON."
    )


class SeriesQueryModel(AnalyticsQueryModel):
    by: Unit = Field(Unit.DAY, description="A point for each. By hour the range may be 400 days long.")


class CustomersQueryModel(AnalyticsQueryModel):
    limit: int = Field(50, ge=1, le=1_000, description="How many of the best customers to list.")


class ReportResponse(ResponseModel):
    """What every report says of itself."""

    time_zone: str = Field(description="Days and hours are those of this zone: PIZZERIA_TIME_ZONE.")
    start: datetime | None = Field(alias="from", description="As asked.")
    end: datetime | None = Field(alias="to", description="As asked.")
    currency: str | None = Field(description="The currency of the orders counted here; null where there are none.")
    other_currencies: list[str] = Field(description="Those of orders in the range that are not counted here.")


class ShareResponse(ResponseModel):
    name: str
    orders: int
    amount: int = Field(description="What they come to, in minor units.")
    pizzas: int


class OverviewResponse(ReportResponse):
    model_config = example(
        RANGE
        | {
            "orders": 2, "cancelledOrders": 1, "revenue": 6335, "averageOrder": 3167.5, "pizzas": 4, "discount": 0,
            "byStatus": [
                {"name": "cancelled", "orders": 1, "amount": 1469, "pizzas": 1},
                {"name": "collected", "orders": 2, "amount": 6335, "pizzas": 4},
            ],
            "byFulfilment": [{"name": "pickup", "orders": 2, "amount": 6335, "pizzas": 4}],
        }
    )  # fmt: skip

    orders: Orders
    cancelled_orders: int = Field(description="Orders placed in the range and cancelled since, whenever.")
    revenue: Revenue
    average_order: float | None = Field(description="`revenue` by `orders`, in minor units.")
    pizzas: Pizzas
    discount: int = Field(description="By how much these orders come to less than their lines, in minor units.")
    by_status: list[ShareResponse] = Field(description="By the status that orders have now, the cancelled ones too.")
    by_fulfilment: list[ShareResponse] = Field(description="By pickup and delivery, without the cancelled ones.")


class PointResponse(ResponseModel):
    start: datetime = Field(
        description="When the hour, day, week (from Monday on) or month began in the pizzeria's time zone. At the ends"
        " of the range it may lie outside; what is counted does not."
    )
    orders: Orders
    revenue: Revenue
    pizzas: Pizzas
    cancelled_orders: int = Field(description="Placed then and cancelled since.")


class SeriesResponse(ReportResponse):
    model_config = example(
        RANGE
        | {
            "by": "day",
            "items": [
                {
                    "start": "2026-05-04T00:00:00+02:00", "orders": 2, "revenue": 6335, "pizzas": 4,
                    "cancelledOrders": 1,
                }
            ],
        }
    )  # fmt: skip

    by: Unit
    items: list[PointResponse] = Field(description="In the order of time. When nothing was placed there is no point.")


class SoldResponse(ResponseModel):
    name: str = Field(description="The pizza's id, or the size.")
    quantity: int = Field(description="How many were ordered, without cancelled orders.")
    revenue: int = Field(
        description="What their lines come to, extra toppings included and discounts not taken off, in minor units."
    )


class SoldListResponse(ReportResponse):
    model_config = example(RANGE | {"items": [{"name": "margherita", "quantity": 3, "revenue": 4866}]})

    items: list[SoldResponse] = Field(description="What came to most is first.")


class WeeklyHourResponse(ResponseModel):
    weekday: str = Field(description="`monday` to `sunday`.")
    hour: int = Field(ge=0, le=23, description="19: from 19:00 to before 20:00 in the pizzeria's time zone.")
    orders: Orders
    revenue: Revenue
    pizzas: Pizzas


class WeeklyHoursResponse(ReportResponse):
    model_config = example(
        RANGE | {"items": [{"weekday": "friday", "hour": 19, "orders": 2, "revenue": 6335, "pizzas": 4}]}
    )

    items: list[WeeklyHourResponse] = Field(description="All 168 hours of the week, from Monday 0:00 on.")


class TimingResponse(ResponseModel):
    orders: int = Field(description="How many orders this was timed of, cancelled or not.")
    mean: float | None = Field(description="Seconds.")
    p50: int | None = Field(
        description="Whole seconds that half of them did not take longer than. Rounded down to a minute above an hour,"
        " and a day where it was more."
    )
    p95: int | None = Field(description="The same of 95 of 100.")


_TIMING = {"orders": 2, "mean": 431.2, "p50": 402, "p95": 460}


class KitchenTimesResponse(ReportResponse):
    model_config = example(
        RANGE
        | {
            "waiting": _TIMING, "cooking": _TIMING, "total": _TIMING,
            "estimatedOrders": 2, "lateOrders": 1, "lateShare": 0.5,
        }
    )  # fmt: skip

    waiting: TimingResponse = Field(description="From confirmed until somebody cooked it.")
    cooking: TimingResponse = Field(description="From then until ready.")
    total: TimingResponse = Field(description="From confirmed until ready.")
    estimated_orders: int = Field(description="Orders that were ready, and had an estimate of when they would be.")
    late_orders: int = Field(description="Those of them that were ready more than five minutes after it.")
    late_share: float | None = Field(description="`lateOrders` by `estimatedOrders`.")


class CustomerSumResponse(ResponseModel):
    customer: str = Field(description="A key that is always the same for a phone number, and does not tell it.")
    orders: Orders
    revenue: Revenue


class CustomersResponse(ReportResponse):
    model_config = example(
        RANGE
        | {
            "customers": 2, "returningCustomers": 1, "ordersWithoutCustomer": 0, "revenueWithoutCustomer": 0,
            "items": [{"customer": "5f0c1e7a93b2d48", "orders": 2, "revenue": 6335}],
        }
    )  # fmt: skip

    customers: int = Field(description="How many ordered in the range; cancelled orders make no customer.")
    returning_customers: int = Field(description="Those of them with two orders or more in the range.")
    orders_without_customer: int = Field(description="Orders that name no phone number, as some of the past do.")
    revenue_without_customer: int = Field(description="What these come to, in minor units.")
    items: list[CustomerSumResponse] = Field(description="Who bought for most is first; no more than `limit`.")


class DriverSumResponse(ResponseModel):
    driver: str = Field(description="The driver or carrier that orders were handed to.")
    orders: int = Field(description="Orders handed to them, without cancelled ones.")
    revenue: Revenue
    delivered_orders: int = Field(description="Those of them that have arrived.")
    mean_seconds: float | None = Field(description="How long these were on their way.")


class DriversResponse(ReportResponse):
    model_config = example(
        RANGE
        | {
            "items": [
                {"driver": "Gina", "orders": 2, "revenue": 6335, "deliveredOrders": 2, "meanSeconds": 911.5}
            ]
        }
    )  # fmt: skip

    items: list[DriverSumResponse] = Field(description="Who took most orders out is first.")
