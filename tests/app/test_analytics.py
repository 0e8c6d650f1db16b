"""Analytics over HTTP: what the orders add up to, as JSON and as CSV."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from app.csv_text import csv_text
from tests.app.orders import DELIVERY, a_request, moved, placed, problem
from tests.app.serving import Pizzeria, serving
from tests.waiting import eventually

REPORTS = ("overview", "series", "pizzas", "sizes", "hours", "kitchen", "customers", "drivers")
MARGHERITA, DIAVOLA = 2 * (1699 + 120), 1349


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pizzeria]:
    """A service with a delivered, a collected and a cancelled order, which analytics has heard of."""
    with serving(tmp_path_factory.mktemp("analytics"), time_zone="Europe/Rome") as running:
        asyncio.run(_prepare(running))
        yield running


@pytest.fixture
async def told(place: Pizzeria) -> AsyncIterator[httpx.AsyncClient]:
    async with place.staff() as staff:
        yield staff


async def _prepare(place: Pizzeria) -> None:
    async with place.staff() as staff:
        await _live(staff)


async def _live(staff: httpx.AsyncClient) -> None:
    delivered = await placed(staff, fulfilment=DELIVERY)
    await moved(staff, delivered["id"], "confirm", "cook", "ready")
    await staff.post(f"/api/orders/{delivered['id']}/dispatch", json={"carrier": "=Gina"})
    await moved(staff, delivered["id"], "deliver")
    collected = await placed(staff)
    await moved(staff, collected["id"], "confirm", "cook", "ready", "collect")
    await moved(staff, (await placed(staff))["id"], "cancel")

    async def is_told() -> bool:
        statuses = {part["name"] for part in (await report(staff, "overview"))["byStatus"]}
        return statuses == {"delivered", "collected", "cancelled"}

    await eventually(is_told)


async def report(staff: httpx.AsyncClient, name: str, **query: str) -> dict[str, Any]:
    response = await staff.get(f"/api/analytics/{name}", params=query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def table(staff: httpx.AsyncClient, name: str, **query: str) -> list[dict[str, str]]:
    response = await staff.get(f"/api/analytics/{name}", params=query, headers={"Accept": "text/csv"})
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.text)))


async def test_the_overview_counts_what_was_not_cancelled(told: httpx.AsyncClient) -> None:
    found = await report(told, "overview")

    assert (found["orders"], found["cancelledOrders"], found["pizzas"]) == (2, 1, 6)
    assert found["revenue"] == 2 * (MARGHERITA + DIAVOLA)
    assert found["averageOrder"] == MARGHERITA + DIAVOLA
    assert (found["currency"], found["otherCurrencies"], found["timeZone"]) == ("USD", [], "Europe/Rome")
    assert [(part["name"], part["orders"]) for part in found["byStatus"]] == [
        ("cancelled", 1),
        ("collected", 1),
        ("delivered", 1),
    ]
    assert [(part["name"], part["orders"]) for part in found["byFulfilment"]] == [("delivery", 1), ("pickup", 1)]


async def test_pizzas_and_sizes_the_dearest_first(told: httpx.AsyncClient) -> None:
    assert (await report(told, "pizzas"))["items"] == [
        {"name": "margherita", "quantity": 4, "revenue": 2 * MARGHERITA},
        {"name": "diavola", "quantity": 2, "revenue": 2 * DIAVOLA},
    ]
    assert [(size["name"], size["quantity"]) for size in (await report(told, "sizes"))["items"]] == [
        ("large", 4),
        ("small", 2),
    ]


@pytest.mark.parametrize("by", ["hour", "day", "week", "month"])
async def test_a_series_has_a_point_for_each_span(told: httpx.AsyncClient, by: str) -> None:
    bounds = {"from": "2020-01-01T00:00:00Z", "to": "2099-01-01T00:00:00Z"}
    if by == "hour":
        start = (await report(told, "series", by="day"))["items"][0]["start"]
        bounds = {"from": start, "to": start.replace(start[:4], str(int(start[:4]) + 1), 1)}
    found = await report(told, "series", by=by, **bounds)

    assert found["by"] == by
    assert sum(point["orders"] for point in found["items"]) == 2
    assert sum(point["cancelledOrders"] for point in found["items"]) == 1
    assert all(point["start"].endswith(("+02:00", "+01:00")) for point in found["items"])


async def test_the_week_has_168_hours(told: httpx.AsyncClient) -> None:
    hours = (await report(told, "hours"))["items"]

    assert len({(hour["weekday"], hour["hour"]) for hour in hours}) == 168
    assert sum(hour["orders"] for hour in hours) == 2


async def test_the_kitchen_is_timed(told: httpx.AsyncClient) -> None:
    found = await report(told, "kitchen")

    assert found["total"]["orders"] == found["estimatedOrders"] == 2
    assert (found["lateOrders"], found["lateShare"]) == (0, 0)
    assert 0 <= found["cooking"]["mean"] <= found["total"]["mean"]


async def test_customers_are_told_without_who_they_are(told: httpx.AsyncClient) -> None:
    found = await report(told, "customers")

    assert (found["customers"], found["returningCustomers"], found["ordersWithoutCustomer"]) == (1, 1, 0)
    (best,) = found["items"]
    assert (best["orders"], best["revenue"]) == (2, 2 * (MARGHERITA + DIAVOLA))
    assert a_request()["customer"]["phone"].replace(" ", "")[1:] not in str(found)


async def test_drivers_are_told_and_a_name_is_no_formula(told: httpx.AsyncClient) -> None:
    (driver,) = (await report(told, "drivers"))["items"]
    assert (driver["driver"], driver["orders"], driver["deliveredOrders"]) == ("=Gina", 1, 1)

    (row,) = await table(told, "drivers")
    assert row["driver"] == "'=Gina"
    assert row["currency"] == "USD"


@pytest.mark.parametrize("name", REPORTS)
async def test_every_report_comes_as_csv_too(told: httpx.AsyncClient, name: str) -> None:
    as_json = await report(told, name)
    rows = await table(told, name)
    by_parameter = await told.get(f"/api/analytics/{name}", params={"format": "csv"})
    asked_for_json = await told.get(f"/api/analytics/{name}", params={"format": "json"}, headers={"Accept": "text/csv"})

    assert len(rows) == len(as_json.get("items", [1]))
    assert by_parameter.headers["content-type"].startswith("text/csv")
    assert asked_for_json.json().keys() == as_json.keys()


async def test_a_range_bounds_what_is_counted(told: httpx.AsyncClient) -> None:
    (day,) = (await report(told, "series", by="day"))["items"]

    assert (await report(told, "overview", to=day["start"]))["orders"] == 0
    nothing = await report(told, "customers", to=day["start"])
    assert (nothing["currency"], nothing["items"]) == (None, [])
    assert (await report(told, "overview", **{"from": day["start"]}))["orders"] == 2
    other = await report(told, "overview", currency="EUR")
    assert (other["orders"], other["currency"], other["otherCurrencies"]) == (0, "EUR", ["USD"])


async def test_a_range_that_makes_no_sense_is_refused(staff: httpx.AsyncClient) -> None:
    backwards = {"from": "2026-05-05T00:00:00Z", "to": "2026-05-04T00:00:00Z"}
    for name in REPORTS:
        response = await staff.get(f"/api/analytics/{name}", params=backwards)
        assert problem(response, 422, "invalid_range")["parameter"] == "to"
    for query in ({}, {"from": "2020-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}):
        response = await staff.get("/api/analytics/series", params={"by": "hour", **query})
        assert problem(response, 422, "invalid_range")["parameter"] == "from"


@pytest.mark.parametrize("name", REPORTS)
async def test_only_the_staff_may_read_them(anybody: httpx.AsyncClient, name: str) -> None:
    problem(await anybody.get(f"/api/analytics/{name}"), 401, "unauthorized")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_text_in_a_table_is_a_formula(text: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_text([{"name": text, "amount": -1}], ["name", "amount"])))
    assert row == {"name": f"'{text}", "amount": "-1"}
