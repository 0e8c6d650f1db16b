"""Analytics: what the orders of a range of time add up to."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Any, TypeVar, get_args

from fastapi import APIRouter, Query, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only
from app.controllers import execute
from app.csv_text import csv_text, flat
from app.lean_route import LeanRoute
from app.models.analytics import (
    AnalyticsQueryModel,
    CustomersQueryModel,
    CustomersResponse,
    DriversResponse,
    KitchenTimesResponse,
    OverviewResponse,
    ReportResponse,
    SeriesQueryModel,
    SeriesResponse,
    SoldListResponse,
    WeeklyHoursResponse,
)
from app.openapi import Responses, problems
from app.request_parts import header_reader
from app.responses import model_response
from application.queries.analytics import (
    GetCustomerSumsQuery,
    GetDriverSumsQuery,
    GetKitchenTimesQuery,
    GetOverviewQuery,
    GetPizzaSalesQuery,
    GetSeriesQuery,
    GetSizeSalesQuery,
    GetWeeklyHoursQuery,
    Report,
)

A = TypeVar("A", bound=ReportResponse)

router = APIRouter(
    prefix="/api/analytics", tags=["analytics"], route_class=LeanRoute, dependencies=[Security(staff_only)]
)
Asked = Annotated[AnalyticsQueryModel, Query()]
CSV = "text/csv"
QUALITY = re.compile(r"[01](\.[0-9]{0,3})?")
_accept = header_reader("Accept")


def _reported(csv: str) -> Responses:
    """What every report may answer besides: CSV, of which this is an example."""
    table = {CSV: {"schema": {"type": "string"}, "example": csv}}
    return {200: {"content": table}} | problems("invalid_range", "figures_behind")


@router.get(
    "/overview",
    operation_id="getOverview",
    summary="See what the orders add up to",
    response_model=OverviewResponse,
    responses=_reported("orders,cancelledOrders,revenue,averageOrder\r\n2,1,6335,3167.5\r\n"),
)
async def get_overview(request: Request, asked: Asked) -> Response:
    """Orders, revenue and pizzas, by status and fulfilment. An order counts when it was placed."""
    report = await execute(request, GetOverviewQuery(**_range(asked)))
    return _answer(request, asked, OverviewResponse, report, asdict(report.content))


@router.get(
    "/series",
    operation_id="getSeries",
    summary="See orders and revenue over time",
    response_model=SeriesResponse,
    responses=_reported(
        "start,orders,revenue,pizzas,cancelledOrders,currency\r\n2026-05-04T00:00:00+02:00,2,6335,4,1,EUR\r\n"
    ),
)
async def get_series(request: Request, asked: Annotated[SeriesQueryModel, Query()]) -> Response:
    """By hour, day, week or month of the pizzeria's time zone."""
    report = await execute(request, GetSeriesQuery(**_range(asked), by=asked.by))
    return _answer(request, asked, SeriesResponse, report, {"by": asked.by, "items": report.content})


@router.get(
    "/pizzas",
    operation_id="getPizzaSales",
    summary="See what each pizza sold",
    response_model=SoldListResponse,
    responses=_reported("name,quantity,revenue,currency\r\nmargherita,3,4866,EUR\r\n"),
)
async def get_pizza_sales(request: Request, asked: Asked) -> Response:
    """In all its sizes. A pizza that nobody ordered is left out."""
    report = await execute(request, GetPizzaSalesQuery(**_range(asked)))
    return _answer(request, asked, SoldListResponse, report, {"items": report.content})


@router.get(
    "/sizes",
    operation_id="getSizeSales",
    summary="See what each size sold",
    response_model=SoldListResponse,
    responses=_reported("name,quantity,revenue,currency\r\nlarge,3,5097,EUR\r\n"),
)
async def get_size_sales(request: Request, asked: Asked) -> Response:
    """Of all pizzas."""
    report = await execute(request, GetSizeSalesQuery(**_range(asked)))
    return _answer(request, asked, SoldListResponse, report, {"items": report.content})


@router.get(
    "/hours",
    operation_id="getWeeklyHours",
    summary="See the peak hours of the week",
    response_model=WeeklyHoursResponse,
    responses=_reported("weekday,hour,orders,revenue,pizzas,currency\r\nfriday,19,2,6335,4,EUR\r\n"),
)
async def get_weekly_hours(request: Request, asked: Asked) -> Response:
    """Weekday by hour, summed up over the weeks of the range."""
    report = await execute(request, GetWeeklyHoursQuery(**_range(asked)))
    return _answer(request, asked, WeeklyHoursResponse, report, {"items": report.content})


@router.get(
    "/kitchen",
    operation_id="getKitchenTimes",
    summary="See how fast the kitchen was",
    response_model=KitchenTimesResponse,
    responses=_reported("waitingOrders,waitingMean,waitingP50,waitingP95\r\n2,431.2,402,460\r\n"),
)
async def get_kitchen_times(request: Request, asked: Asked) -> Response:
    """How long orders waited and cooked, and how many were late. An order counts when it was placed."""
    report = await execute(request, GetKitchenTimesQuery(**_range(asked)))
    return _answer(request, asked, KitchenTimesResponse, report, asdict(report.content))


@router.get(
    "/customers",
    operation_id="getCustomerSums",
    summary="See who the best customers are",
    response_model=CustomersResponse,
    responses=_reported("customer,orders,revenue,currency\r\n5f0c1e7a93b2d48,2,6335,EUR\r\n"),
)
async def get_customer_sums(request: Request, asked: Annotated[CustomersQueryModel, Query()]) -> Response:
    """Without saying who: a customer is a phone number, told as a key. CSV has the list alone."""
    report = await execute(request, GetCustomerSumsQuery(**_range(asked), limit=asked.limit))
    return _answer(request, asked, CustomersResponse, report, asdict(report.content))


@router.get(
    "/drivers",
    operation_id="getDriverSums",
    summary="See what each driver delivered",
    response_model=DriversResponse,
    responses=_reported("driver,orders,revenue,deliveredOrders,meanSeconds,currency\r\nGina,2,6335,2,911.5,EUR\r\n"),
)
async def get_driver_sums(request: Request, asked: Asked) -> Response:
    """Drivers and carriers alike."""
    report = await execute(request, GetDriverSumsQuery(**_range(asked)))
    return _answer(request, asked, DriversResponse, report, {"items": report.content})


def _range(asked: AnalyticsQueryModel) -> dict[str, Any]:
    return {"start": asked.start, "end": asked.end, "currency": asked.currency}


def _answer(
    request: Request, asked: AnalyticsQueryModel, model: type[A], report: Report[Any], content: Mapping[str, Any]
) -> Response:
    response = model.model_validate(
        {
            "time_zone": report.time_zone,
            "start": report.start,
            "end": report.end,
            "currency": report.currency,
            "other_currencies": report.other_currencies,
            **content,
        }
    )
    wants_csv = asked.format == "csv" if asked.format else _prefers_csv(_accept(request))
    return _csv_response(response) if wants_csv else model_response(response)


def _csv_response(report: ReportResponse) -> Response:
    """Of a report with `items` these, each with the currency; of another one its figures, in one line."""
    told = report.model_dump(mode="json", by_alias=True)
    items = type(report).model_fields.get("items")
    if items is None:
        row = flat({name: value for name, value in told.items() if name != "otherCurrencies"})
        return _table(csv_text([row], row))
    rows = [{**item, "currency": told["currency"]} for item in told["items"]]
    return _table(csv_text(rows, [*_columns(items.annotation), "currency"]))


def _columns(items: Any) -> list[str]:
    (item,) = get_args(items)
    return [field.alias or name for name, field in item.model_fields.items()]


def _table(text: str) -> Response:
    return Response(text, media_type=CSV)


def _prefers_csv(accept: str | None) -> bool:
    """Whether CSV is named, and JSON is not or comes after it."""
    weights = {CSV: 0.0, "application/json": 0.0}
    for wanted in (accept or "").lower().split(","):
        media_type, _, parameters = wanted.partition(";")
        quality = parameters.partition("q=")[2].strip() or "1"
        if media_type.strip() in weights:
            weights[media_type.strip()] = float(quality) if QUALITY.fullmatch(quality) else 0.0
    return weights[CSV] > weights["application/json"]
