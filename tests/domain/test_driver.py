"""A driver's rules: one tour at a time, which ends with its last stop."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.driver import MAX_STOPS, Driver, StopStatus
from domain.errors import DriverInactive, DriverOnTour, InvalidTour, StaleVersion
from domain.events import (
    DriverChangedEvent,
    DriverRegisteredEvent,
    StopCompletedEvent,
    StopDroppedEvent,
    TourEndedEvent,
    TourStartedEvent,
)

NOW = datetime(2026, 3, 6, 19, 30, tzinfo=UTC)
LATER = NOW + timedelta(minutes=25)


def luigi() -> Driver:
    driver = Driver.register("driver-luigi", "Luigi", NOW)
    driver.mark_saved()
    return driver


def on_tour(*order_ids: str) -> Driver:
    driver = luigi()
    driver.start_tour(NOW, "tour-1", order_ids)
    driver.mark_saved()
    return driver


def test_registering_raises_one_event() -> None:
    (event,) = Driver.register("driver-luigi", "Luigi", NOW).raised
    assert isinstance(event, DriverRegisteredEvent)
    assert (event.aggregate_id, event.aggregate_version, event.name) == ("driver-luigi", 1, "Luigi")


def test_a_tour_keeps_its_stops_in_order_and_numbers_them_for_tracking() -> None:
    driver = luigi()
    driver.start_tour(NOW, "tour-1", ["b", "a", "c"])

    (event,) = driver.raised
    assert isinstance(event, TourStartedEvent)
    assert (event.tour_id, event.stops) == ("tour-1", ("b", "a", "c"))
    tour = driver.state.tour
    assert tour is not None
    assert [tour.tracking_number(stop) for stop in tour.open_stops] == ["tour-1-1", "tour-1-2", "tour-1-3"]


def test_a_driver_on_tour_gets_no_other_and_keeps_the_one_that_he_has() -> None:
    driver = on_tour("a")
    before = driver.state.tour
    with pytest.raises(DriverOnTour):
        driver.start_tour(NOW, "tour-2", ["b"])
    assert driver.state.tour == before
    assert driver.raised == ()


def test_the_last_stop_ends_the_tour_and_the_driver_is_free_again() -> None:
    driver = on_tour("a", "b", "c")
    driver.complete_stop(LATER, "b")
    driver.drop_stop(LATER, "a", "The order was cancelled.")
    assert driver.open_stop("c") is not None
    driver.complete_stop(LATER, "c")

    assert [type(event) for event in driver.raised] == [
        StopCompletedEvent,
        StopDroppedEvent,
        StopCompletedEvent,
        TourEndedEvent,
    ]
    assert [event.aggregate_version for event in driver.raised] == [3, 4, 5, 6]
    ended = driver.raised[-1]
    assert isinstance(ended, TourEndedEvent)
    assert (ended.started_time, ended.ended_time, ended.completed, ended.dropped) == (NOW, LATER, 2, 1)
    assert driver.state.tour is None
    driver.start_tour(LATER, "tour-2", ["d"])


def test_a_stop_says_what_became_of_it() -> None:
    driver = on_tour("a", "b", "c")
    driver.complete_stop(LATER, "a")
    driver.drop_stop(LATER, "b", "The order was cancelled.")

    assert driver.state.tour is not None
    assert [(stop.status, stop.settled_at, stop.reason) for stop in driver.state.tour.stops] == [
        (StopStatus.COMPLETED, LATER, None),
        (StopStatus.DROPPED, LATER, "The order was cancelled."),
        (StopStatus.OPEN, None, None),
    ]


@pytest.mark.parametrize("order_id", ["a", "elsewhere"])
def test_settling_what_is_settled_or_was_never_on_the_tour_changes_nothing(order_id: str) -> None:
    driver = on_tour("a", "b")
    driver.complete_stop(NOW, "a")
    driver.mark_saved()
    before = driver.state.tour

    driver.complete_stop(LATER, order_id)
    driver.drop_stop(LATER, order_id, "The order was cancelled.")

    assert driver.state.tour == before
    assert driver.raised == ()


def test_a_driver_without_a_tour_has_nothing_to_settle() -> None:
    driver = luigi()
    driver.complete_stop(NOW, "a")
    driver.drop_stop(NOW, "a", "The order was cancelled.")
    assert driver.raised == ()


@pytest.mark.parametrize(
    ("order_ids", "parameter"),
    [
        ([], "/orders"),
        ([f"order-{number}" for number in range(MAX_STOPS + 1)], "/orders"),
        (["a", "b", "a"], "/orders/2"),
    ],
)
def test_an_impossible_tour_is_refused_and_names_the_part_at_fault(order_ids: list[str], parameter: str) -> None:
    driver = luigi()
    with pytest.raises(InvalidTour) as refusal:
        driver.start_tour(NOW, "tour-1", order_ids)
    assert refusal.value.parameter == parameter
    assert driver.state.tour is None


def test_who_is_off_duty_gets_no_tour() -> None:
    driver = luigi()
    driver.change(NOW, "Luigi", active=False)
    with pytest.raises(DriverInactive):
        driver.start_tour(NOW, "tour-1", ["a"])
    driver.change(NOW, "Luigi", active=True)
    driver.start_tour(NOW, "tour-1", ["a"])


def test_who_is_on_tour_cannot_go_off_duty_but_can_be_renamed() -> None:
    driver = on_tour("a")
    with pytest.raises(DriverOnTour):
        driver.change(NOW, "Luigi", active=False)
    driver.change(NOW, "Luigi Rossi", active=True)
    (event,) = driver.raised
    assert isinstance(event, DriverChangedEvent)
    assert (event.name, event.active) == ("Luigi Rossi", True)


def test_a_change_to_what_is_so_already_raises_nothing() -> None:
    driver = luigi()
    driver.change(NOW, "Luigi", active=True)
    assert driver.raised == ()


def test_a_decision_on_an_old_version_is_refused() -> None:
    driver = luigi()
    driver.expect_version(None)
    driver.expect_version(1)
    with pytest.raises(StaleVersion):
        driver.expect_version(2)
