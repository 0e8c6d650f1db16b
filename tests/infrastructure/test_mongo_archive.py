"""Parts of a store that were read one after the other, while it was written to, are made to agree."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from application.clock import utc_now
from application.ports.loyalty import MovementKind as PointsKind
from application.ports.loyalty import movement_id
from domain.events import DomainEvent
from domain.order import Order
from domain.stock import Level, Movement, MovementKind, deductions, reservations
from infrastructure.mongo.archive import COLLECTIONS, Archive, new_archive
from infrastructure.mongo.stock_counters import Counted, key_of, ledger_document
from infrastructure.serialization import event_to_document, to_document
from tests.builders import LUIGI, an_order, confirm


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    (tmp_path / "archive").touch()
    with new_archive(tmp_path / "archive") as made:
        yield made


def an_order_that_cooks() -> Order:
    order = an_order()
    confirm(order)
    order.start_cooking(utc_now(), LUIGI)
    return order


def stored(order: Order, version: int | None = None) -> dict[str, Any]:
    return {"_id": order.id, "version": version or order.next_version, "state": to_document(order.state), "pending": []}


def logged(*events: DomainEvent) -> list[dict[str, Any]]:
    return [
        {"_id": n, "aggregate_id": e.aggregate_id, "aggregate_version": e.aggregate_version, **event_to_document(e)}
        for n, e in enumerate(events, start=1)
    ]


def kitchen(*order_ids: str) -> dict[str, Any]:
    places = [{"order_id": order_id, "taken_at": utc_now()} for order_id in order_ids]
    return {"_id": "kitchen", "version": 9, "state": {"places": places}, "pending": []}


def all_of(archive: Archive, collection: str) -> Sequence[dict[str, Any]]:
    return [document for page in archive.pages(collection, 2) for document in page]


def test_what_was_reported_is_copied_before_the_orders_that_it_changes() -> None:
    """Else a payment could be handled in between, and be in neither."""
    assert COLLECTIONS.index("incoming") < COLLECTIONS.index("orders")


def test_events_later_than_their_order_are_left_out_and_positions_stay_without_gaps(archive: Archive) -> None:
    known, newer = an_order_that_cooks(), an_order_that_cooks()
    placed_too_late = an_order()
    archive.add("orders", [stored(known), stored(newer, version=1)])
    archive.add_events(logged(known.raised[0], *newer.raised, *placed_too_late.raised, *known.raised[1:]))
    assert archive.finish() == 0
    kept = [(event["_id"], event["aggregate_id"], event["aggregate_version"]) for event in all_of(archive, "events")]
    assert kept == [(1, known.id, 1), (2, newer.id, 1), (3, known.id, 2), (4, known.id, 3)]
    assert archive.left_out == 3


def test_a_ticket_ahead_of_its_order_goes_back_to_where_the_order_is(archive: Archive) -> None:
    order, confirmed_too_late, unknown = an_order_that_cooks(), an_order(), an_order()
    events = order.raised
    ready = utc_now() + timedelta(minutes=1)
    ticket = {"version": 7, "status": "ready", "updated_at": ready, "cook": "Somebody"}
    archive.add("orders", [stored(order), stored(confirmed_too_late, version=1)])
    archive.add("tickets", [{"_id": found.id, **ticket} for found in (order, confirmed_too_late, unknown)])
    archive.add_events(logged(*events))
    archive.finish()
    (left,) = all_of(archive, "tickets")
    assert (left["_id"], left["version"], left["status"], left["cook"]) == (order.id, 3, "cooking", "Luigi")
    assert left["updated_at"] == events[2].occurred_at


def test_a_ticket_that_is_where_its_order_is_or_behind_it_is_left_alone(archive: Archive) -> None:
    order = an_order_that_cooks()
    ticket = {"_id": order.id, "version": 2, "status": "queued", "note": "as it was"}
    archive.add("orders", [stored(order)])
    archive.add("tickets", [ticket])
    archive.finish()
    assert all_of(archive, "tickets") == [ticket]


def test_a_fact_ahead_of_its_order_goes_back_to_where_the_order_is(archive: Archive) -> None:
    order, unknown = an_order_that_cooks(), an_order()
    waiting = {**stored(order), "pending": [event_to_document(order.raised[2])]}
    fact = {"version": 6, "status": "collected", "finished_at": utc_now(), "customer": "00ff00ff00ff00ff"}
    archive.add("orders", [waiting])
    archive.add("order_facts", [{"_id": found.id, **fact} for found in (order, unknown)])
    archive.add_events(logged(*order.raised[:2]))
    archive.finish()
    (left,) = all_of(archive, "order_facts")
    assert (left["_id"], left["version"], left["status"], left["cook"]) == (order.id, 3, "cooking", "Luigi")
    assert (left["customer"], left["finished_at"]) == ("00ff00ff00ff00ff", None)
    assert left["placed_at"] == order.state.placed_at


def test_every_order_that_cooks_has_a_place_and_no_other_has(archive: Archive) -> None:
    with_place, without, waiting = an_order_that_cooks(), an_order_that_cooks(), an_order()
    archive.add("orders", [stored(with_place), stored(without), stored(waiting)])
    archive.add("kitchens", [kitchen(waiting.id, with_place.id, "gone")])
    archive.finish()
    (left,) = all_of(archive, "kitchens")
    places = {place["order_id"]: place["taken_at"] for place in left["state"]["places"]}
    assert set(places) == {with_place.id, without.id}
    assert places[without.id] == without.state.cooking_started_at
    assert left["version"] == 9


def test_the_stock_rooms_counters_become_the_sum_of_the_ledger_that_was_read_after_them(archive: Archive) -> None:
    now = utc_now()
    opening = Movement(id="van", ingredient="v1.5", kind=MovementKind.DELIVERY, on_hand=10, at=now)
    kept, ended, marked = (reservations(order_id, {"v1.5": 1}, now)[0] for order_id in ("a", "b", "c"))
    end = deductions([ended], now)
    marks = {key_of(marked.id): {**ledger_document(marked), "_id": None}}
    archive.add("stock", [{"_id": "levels", "available": {}, "marks": marks, "pens": {"p": {}}, "cleared": 3}])
    archive.add("stock_movements", [ledger_document(movement) for movement in (opening, kept, ended, *end)])
    archive.finish()

    (counters,) = all_of(archive, "stock")
    assert Counted.of(counters).levels == {"v1.5": Level(on_hand=9, reserved=2)}
    assert (Counted.of(counters).marks, "pens" in counters) == ({}, False)
    ledger = all_of(archive, "stock_movements")
    assert {document["_id"] for document in ledger} == {"van", *(m.id for m in (kept, ended, marked, *end))}
    assert {document["_id"] for document in ledger if "unseen" in document} == {kept.id, marked.id}


def test_points_that_the_copied_order_does_not_warrant_yet_are_left_out(archive: Archive) -> None:
    pending, cooking, cancelled, placed_too_late = an_order(), an_order_that_cooks(), an_order_that_cooks(), an_order()
    cancelled.cancel(utc_now(), "no dough")
    archive.add("orders", [stored(order) for order in (pending, cooking, cancelled)])
    orders = (pending, cooking, cancelled, placed_too_late)
    archive.add(
        "points_movements",
        [{"_id": movement_id(order.id, kind), "points": 1} for order in orders for kind in PointsKind],
    )
    archive.finish()
    assert {found["_id"] for found in all_of(archive, "points_movements")} == {
        f"{pending.id}:redeemed",
        f"{cooking.id}:redeemed",
        f"{cooking.id}:earned",
        *(f"{cancelled.id}:{kind}" for kind in PointsKind),
    }
