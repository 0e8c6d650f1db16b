"""Taking orders of the past in: what is broken is told, what is whole goes in, once."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from benchmarks.importing import table, write_import
from tests.app.serving import serving
from tests.pizzeria import run, start
from tests.sinks import Sink
from tests.waiting import eventually

HEAD = "external_id,placed_at,pizza,size,quantity,unit_price,currency,fulfilment,status,finished_at,customer_phone\n"


class Shop:
    """A SQLite store, and files to import into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / "pizzeria.db"
        self.settings = {"PIZZERIA_DATABASE_URL": f"sqlite:///{self.database}"}

    def file(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    async def take(self, path: Path, *options: str, **settings: str) -> tuple[int, str]:
        return await run("import", path, *options, settings=self.settings | settings)

    def read(self, sql: str) -> list[Any]:
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql).fetchall()

    def orders(self) -> dict[str, dict[str, Any]]:
        """States, by external id."""
        states = [json.loads(state) for (state,) in self.read("SELECT state FROM orders")]
        return {state["idempotency_key"].removeprefix("import "): state for state in states}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


async def test_the_rows_of_one_order_are_its_lines(shop: Shop) -> None:
    file = shop.file(
        "past.csv",
        HEAD
        + "A1,2024-05-03T19:30:00+02:00,margherita,large,2,13.25,EUR,delivery,,2024-05-03T20:10:00+02:00,+39055123\n"
        + "A1,2024-05-03T19:30:00+02:00,diavola,small,1,9.5,EUR,delivery,,2024-05-03T20:10:00+02:00,+39055123\n"
        + "A2,2024-05-03T20:00:00,marinara,small,,7,EUR,,cancelled,,\n",
    )
    code, said = await shop.take(file, PIZZERIA_TIME_ZONE="Europe/Rome")
    orders = shop.orders()

    assert (code, "Imported 2 orders" in said) == (0, True), said
    first, second = orders["A1"], orders["A2"]
    assert (first["total_amount"], first["pizza_count"], first["status"]) == (2 * 1325 + 950, 3, "delivered")
    assert first["placed_at"] == "2024-05-03T17:30:00Z"
    assert first["ready_at"] == "2024-05-03T17:42:00Z"
    assert first["delivered_at"] == "2024-05-03T18:10:00Z"
    assert (second["status"], second["placed_at"]) == ("cancelled", "2024-05-03T18:00:00Z")
    assert {actor for (actor,) in shop.read("SELECT json_extract(data, '$.actor') FROM events")} == {"import"}


async def test_json_lines_say_the_same(shop: Shop) -> None:
    row = {"external_id": 17, "placed_at": "2024-05-03T19:30:00Z", "pizza": "margherita", "size": "L"}
    lines = [row | {"unit_price": 13.25, "quantity": 2}, row | {"unit_price": "9.50", "status": None}]
    code, said = await shop.take(
        shop.file("past.jsonl", "\n".join(map(json.dumps, lines)) + "\n\n"), "--currency", "EUR"
    )

    assert code == 0, said
    assert (shop.orders()["17"]["total_amount"], shop.orders()["17"]["currency"]) == (2 * 1325 + 950, "EUR")


BROKEN: list[tuple[str, str]] = [
    (",2024-05-03T19:30:00,margherita,L,1,9,EUR,,,,", "external_id: missing"),
    ("X,,margherita,L,1,9,EUR,,,,", "placed_at: missing"),
    ("X,yesterday,margherita,L,1,9,EUR,,,,", "placed_at: 'yesterday' is no time"),
    ("X,2999-01-01T00:00:00,margherita,L,1,9,EUR,,,,", "not in the past"),
    ("X,2024-05-03T19:30:00,margherita,L,0,9,EUR,,,,", "quantity: '0'"),
    ("X,2024-05-03T19:30:00,margherita,L,1,9.999,EUR,,,,", "more than 2 decimals"),
    ("X,2024-05-03T19:30:00,margherita,L,1,-9,EUR,,,,", "unit_price: '-9'"),
    ("X,2024-05-03T19:30:00,margherita,L,1,nine,EUR,,,,", "unit_price: 'nine'"),
    ("X,2024-05-03T19:30:00,margherita,L,1,NaN,EUR,,,,", "unit_price: 'NaN'"),
    ("X,2024-05-03T19:30:00,margherita,L,1,9.5,JPY,,,,", "more than 0 decimals"),
    ("X,2024-05-03T19:30:00,margherita,L,1,9,euro,,,,", "currency: 'euro'"),
    ("X,2024-05-03T19:30:00,margherita,L,1,9,EUR,drone,,,", "fulfilment: 'drone'"),
    ("X,2024-05-03T19:30:00,margherita,L,1,9,EUR,,delivered,,", "a pickup is not delivered"),
    ("X,2024-05-03T19:30:00,margherita,L,1,9,EUR,,cooking,,", "status: 'cooking'"),
    ("X,2024-05-03T19:30:00,margherita,L,1,9,EUR,,,2024-05-03T19:00:00,", "finished_at: earlier than placed_at"),
    ("X,2024-05-03T19:30:00,margherita,L", "it has 4 columns, the first line 11"),
    ('X,2024-05-03T19:30:00,"marg"herita,L,1,9,EUR,,,,', "this is no CSV"),
    (f"X,2024-05-03T19:30:00,{'m' * 101},L,1,9,EUR,,,,", "more than 100 characters"),
]


async def test_each_broken_row_is_told_and_the_rest_goes_in(shop: Shop) -> None:
    text, rows = HEAD, []
    for n, (row, reason) in enumerate(BROKEN):
        text += f"good-{n},2024-05-03T19:30:00,diavola,S,1,9,EUR,,,,\n"
        text += row.replace("X", f"bad-{n}", 1) + "\n"
        rows.append((2 * n + 3, reason))
    code, said = await shop.take(shop.file("past.csv", text))

    assert code == 1
    assert set(shop.orders()) == {f"good-{n}" for n in range(len(BROKEN))}
    for number, reason in rows:
        assert any(line.startswith(f"row {number}: ") and reason in line for line in said.splitlines()), (number, said)
    assert f"Imported {len(BROKEN)} orders" in said
    assert f"Rows that are broken: {len(BROKEN)}." in said


async def test_an_order_with_a_broken_row_stays_out_whole(shop: Shop) -> None:
    good = "A,2024-05-03T19:30:00,diavola,S,1,9,EUR,,,,\n"
    text = HEAD + good + "A,2024-05-03T19:31:00,diavola,S,1,9,EUR,,,,\n"  # another time
    text += good.replace("A", "B", 1) + "half a row\n" + good.replace("A", "B", 1)
    text += good.replace("A", "C", 1) + good.replace("A", "D", 1) + good.replace("A", "C", 1)
    text += "F,2024-05-03T19:30:00\n" + good.replace("A", "F", 1)
    text += good.replace("A", "E", 1).replace(",1,9", ",100,9") * 2
    code, said = await shop.take(shop.file("past.csv", text))

    assert code == 1
    assert set(shop.orders()) == {"C", "D"}
    assert len(shop.orders()["C"]["items"]) == 1
    assert "row 3: placed_at: not as in row 2" in said
    assert "row 5: it has 1 columns" in said
    assert "row 10: it has 2 columns" in said
    assert "row 9: external_id: 'C' came before" in said
    assert "row 12: More than 100 pizzas" in said


@pytest.mark.parametrize(
    ("name", "text", "code", "reason"),
    [
        ("past.csv", "external_id,placed_at,pizza,size,unitprice\n", 1, "no column unitprice"),
        ("past.csv", "external_id,placed_at,pizza,size\n", 1, "names no column unit_price"),
        ("past.csv", "", 1, "names no column"),
        ("past.txt", "", 2, "--format"),
        ("past.jsonl", 'nonsense\n[]\n{"external_id": "A", "prize": 1}\n', 1, "row 3: there is no column prize"),
    ],
)
async def test_a_file_that_is_none_is_refused_and_why(shop: Shop, name: str, text: str, code: int, reason: str) -> None:
    found, said = await shop.take(shop.file(name, text))

    assert (found, reason in " ".join(said.split())) == (code, True), said


async def test_killed_in_the_middle_and_run_again_the_result_is_the_same(tmp_path: Path) -> None:
    rows = table("2015-02")
    shops = [Shop(tmp_path / name) for name in ("whole", "killed")]
    for shop in shops:
        shop.folder.mkdir()
    whole, killed = shops
    file = write_import(tmp_path / "month.csv", rows)
    await whole.take(file)

    process = await start("import", file, settings=killed.settings)
    await eventually(lambda: killed.database.exists() and _count(killed) > 0, 30)
    process.kill()
    await process.communicate()
    assert 0 < _count(killed) < len({row["id"] for row in rows})
    code, said = await killed.take(file)

    assert code == 0, said
    for sql in (
        "SELECT id, version, state FROM orders ORDER BY id",
        "SELECT aggregate_id, aggregate_version, type, data FROM events ORDER BY 1, 2",
        "SELECT * FROM order_facts ORDER BY order_id",
        "SELECT zone, level, start, sales, kitchen, customers FROM roll_ups ORDER BY 1, 2, 3",
        "SELECT hour FROM fact_marks",
    ):
        assert killed.read(sql) == whole.read(sql), sql


def _count(shop: Shop) -> int:
    try:
        return int(shop.read("SELECT count(*) FROM orders")[0][0])
    except sqlite3.OperationalError:
        return 0  # its tables are being made


async def test_nothing_is_published_unless_asked(shop: Shop) -> None:
    async with Sink() as sink:
        sent = {"PIZZERIA_CLOUDEVENTS_SINK": sink.url}
        await shop.take(shop.file("quiet.csv", _orders("quiet", 3)), **sent)
        refused, said = await shop.take(shop.file("loud.csv", _orders("loud", 2)), "--publish")
        assert (refused, "PIZZERIA_CLOUDEVENTS_SINK" in said) == (2, True)
        await shop.take(shop.file("loud.csv", _orders("loud", 2)), "--publish", **sent)

        with serving(shop.folder, cloudevents_sink=sink.url) as running:
            await sink.wait_for_events(10)
            async with running.staff() as staff:
                tickets = (await staff.get("/api/kitchen/tickets", params={"status": "ready"})).json()["items"]
    loud = {key for key, state in shop.orders().items() if key.startswith("loud") and state}
    assert len(loud) == 2
    assert len(set(sink.ids)) == 10
    assert tickets == []
    published = {event_id for (event_id,) in shop.read("SELECT json_extract(data, '$.event_id') FROM events")}
    assert set(sink.ids) < published


def _orders(prefix: str, count: int) -> str:
    rows: Iterable[str] = (f"{prefix}-{n},2024-05-03T19:30:00,diavola,S,1,9,EUR,,,,\n" for n in range(count))
    return HEAD + "".join(rows)
