"""Places in the kitchen, and when an order will be ready."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import KitchenFull
from domain.identity import first_id_at, new_order_id
from domain.kitchen import KITCHEN_ID, Kitchen, KitchenState, estimate_ready_time

NOW = datetime(2026, 3, 6, 19, 30, tzinfo=UTC)


def test_the_last_place_is_given_once() -> None:
    kitchen = Kitchen(KITCHEN_ID, KitchenState())
    kitchen.take_place("a", 2, NOW)
    kitchen.take_place("b", 2, NOW)
    kitchen.take_place("a", 2, NOW)
    with pytest.raises(KitchenFull):
        kitchen.take_place("c", 2, NOW)
    assert kitchen.free_places({"a"})
    kitchen.take_place("c", 2, NOW)
    assert [place.order_id for place in kitchen.state.places] == ["b", "c"]


@pytest.mark.parametrize(("ahead", "rounds"), [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3)])
def test_with_two_places_every_third_order_waits_for_another_round(ahead: int, rounds: int) -> None:
    assert estimate_ready_time(NOW, ahead, 2, timedelta(minutes=12)) == NOW + rounds * timedelta(minutes=12)


def test_ids_sort_by_the_time_of_placing() -> None:
    moments = [NOW + timedelta(milliseconds=step) for step in range(5)]
    ids = [new_order_id(moment) for moment in moments]
    assert ids == sorted(ids)
    for moment, order_id in zip(moments, ids, strict=True):
        assert first_id_at(moment) < order_id < first_id_at(moment + timedelta(milliseconds=1))
