"""A real year, imported: analytics answers exactly what the file adds up to, before and after a rebuild."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.importing import table, write_import
from tests.app.serving import serving
from tests.contract.servers import drop_database, in_database
from tests.importing.files import Expected
from tests.pizzeria import run
from tests.waiting import eventually

SECONDS = 280
YEAR = {"from": "2015-01-01T00:00:00Z", "to": "2016-01-01T00:00:00Z"}
#: Every report, in ranges whose ends lie within a month, a day and an hour too.
RANGES: tuple[dict[str, str], ...] = (
    {},
    YEAR,
    {"from": "2015-03-03T12:34:56Z", "to": "2015-05-17T18:00:01Z"},
    {"from": "2015-08-01T18:10:00Z", "to": "2015-08-01T18:40:00Z"},
)
REPORTS = ("overview", "pizzas", "sizes", "hours", "kitchen", "customers", "drivers")

pytestmark = pytest.mark.timeout(600)


class Place:
    """A store that a file was imported into."""

    def __init__(self, folder: Path, rows: list[dict[str, str]], url: str) -> None:
        self.folder = folder
        self.url = url
        self.expected = Expected(rows)
        self.file = write_import(folder / "orders.csv", rows)

    async def pizzeria(self, *arguments: object) -> tuple[int, str]:
        return await run(*arguments, settings={"PIZZERIA_DATABASE_URL": self.url}, seconds=SECONDS)


@pytest.fixture(scope="module", params=["sqlite", "mongo"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """On MongoDB a month of it, which takes as long as a year on SQLite."""
    folder = tmp_path_factory.mktemp("year")
    if request.param == "sqlite":
        made = Place(folder, table(), f"sqlite:///{folder}/pizzeria.db")
    else:
        server: str = request.getfixturevalue("mongo_server")
        made = Place(folder, table("2015-05"), in_database(server, f"test_{folder.name}_{id(folder)}"))
    code, said = asyncio.run(made.pizzeria("import", made.file))
    assert code == 0, said
    assert f"Imported {made.expected.orders:,} orders, in" in said
    yield made
    if request.param != "sqlite":
        asyncio.run(drop_database(request.getfixturevalue("mongo_server"), f"test_{folder.name}_{id(folder)}"))


@pytest.fixture
async def staff(place: Place) -> AsyncIterator[httpx.AsyncClient]:
    with serving(place.folder, database_url=place.url) as running:
        async with running.staff() as client:
            yield client


async def told(staff: httpx.AsyncClient, name: str, **query: str) -> dict[str, Any]:
    response = await staff.get(f"/api/analytics/{name}", params=query)
    assert response.status_code == 200, response.text
    body: dict[str, Any] = response.json()
    return body


async def everything(staff: httpx.AsyncClient) -> dict[str, Any]:
    found = {f"{name} {within}": await told(staff, name, **within) for name in REPORTS for within in RANGES}
    for by in ("hour", "day", "week", "month"):
        found |= {f"{by} {within}": await told(staff, "series", by=by, **within) for within in RANGES[1:]}
    return found


def points(series: dict[str, Any], length: int) -> dict[str, tuple[int, int, int]]:
    """By the first characters of when each began."""
    return {point["start"][:length]: (point["orders"], point["revenue"], point["pizzas"]) for point in series["items"]}


async def test_analytics_answers_what_the_file_adds_up_to(place: Place, staff: httpx.AsyncClient) -> None:
    expected = place.expected
    overview = await told(staff, "overview")
    assert (overview["orders"], overview["revenue"]) == (expected.orders, expected.revenue)
    if len(expected.rows) == 49_574:
        assert (overview["orders"], overview["revenue"]) == (21_350, 81_786_005)
    assert overview["pizzas"] == len(expected.rows)
    assert overview["cancelledOrders"] == overview["discount"] == 0
    assert overview["currency"] == "USD"

    assert points(await told(staff, "series", by="month"), 7) == expected.by_month()
    assert points(await told(staff, "series", by="day"), 10) == expected.by_day()
    for name, column in (("pizzas", "name"), ("sizes", "size")):
        sold = (await told(staff, name))["items"]
        assert {each["name"]: (each["quantity"], each["revenue"]) for each in sold} == expected.by(column)
    hours = {
        (each["weekday"], each["hour"]): (each["orders"], each["revenue"], each["pizzas"])
        for each in (await told(staff, "hours"))["items"]
        if each["orders"]
    }
    assert hours == expected.by_weekly_hour()


async def test_the_hours_of_the_series_are_those_of_the_file(place: Place, staff: httpx.AsyncClient) -> None:
    found = points(await told(staff, "series", by="hour", **YEAR), 13)
    wanted: dict[str, list[int]] = {}
    for row in place.expected.rows:
        tally = wanted.setdefault(f"{row['date']}T{row['time'][:2]}", [0, 0])
        tally[0] += round(float(row["price"]) * 100)
        tally[1] += 1

    assert {start: [revenue, pizzas] for start, (_, revenue, pizzas) in found.items()} == wanted


async def test_a_range_within_a_day_is_exact_too(place: Place, staff: httpx.AsyncClient) -> None:
    start, end = "2015-05-03T12:34:56", "2015-05-17T18:00:01"
    within = [row for row in place.expected.rows if start <= f"{row['date']}T{row['time']}" < end]
    found = await told(staff, "overview", **{"from": f"{start}Z", "to": f"{end}Z"})

    assert (found["orders"], found["revenue"]) == (Expected(within).orders, Expected(within).revenue)


async def test_a_rebuild_while_the_service_runs_gives_equal_answers(place: Place, staff: httpx.AsyncClient) -> None:
    before = await everything(staff)
    code, said = await place.pizzeria("rebuild")

    assert code == 0, said
    assert f"Made the facts of {place.expected.orders:,} orders anew" in said
    assert await everything(staff) == before


async def test_an_import_that_is_run_again_changes_nothing(place: Place, staff: httpx.AsyncClient) -> None:
    before = await everything(staff)
    code, said = await place.pizzeria("import", place.file)

    assert code == 0, said
    assert f"Imported 0 orders, {place.expected.orders:,} were there already" in said
    assert await everything(staff) == before


async def test_nobody_hears_of_the_past(place: Place, staff: httpx.AsyncClient) -> None:
    async def is_ready() -> bool:
        return bool((await staff.get("/health/ready")).json()["status"] == "ready")

    await eventually(is_ready, 30)
    tickets = [
        ticket
        for status in ("queued", "cooking", "ready", "cancelled")
        for ticket in (await staff.get("/api/kitchen/tickets", params={"status": status})).json()["items"]
    ]

    assert tickets == []
