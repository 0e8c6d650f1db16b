"""Drivers are kept whole and read by id."""

import asyncio

import pytest

from application.clock import utc_now
from application.store import Store
from domain.driver import Driver
from domain.errors import DuplicateId, VersionConflict


async def registered(store: Store, driver_id: str, name: str = "Luigi") -> Driver:
    driver = Driver.register(driver_id, name, utc_now())
    await store.drivers.add(driver)
    return driver


async def test_a_driver_comes_back_with_his_tour_as_it_stands(store: Store) -> None:
    driver = await registered(store, "driver-luigi")
    driver.start_tour(utc_now(), "tour-1", ["order-1", "order-2", "order-3"])
    driver.complete_stop(utc_now(), "order-2")
    driver.drop_stop(utc_now(), "order-1", "The order was cancelled.")
    await store.drivers.save(driver)

    found = await store.drivers.get("driver-luigi")
    view = await store.driver_queries.get("driver-luigi")
    assert (found.version, found.state) == (driver.version, driver.state) == (4, driver.state)
    assert view is not None
    assert (view.id, view.version, view.state) == ("driver-luigi", 4, driver.state)


async def test_drivers_are_listed_by_id_a_page_at_a_time(store: Store) -> None:
    assert await store.driver_queries.list(limit=10, after_id=None) == []
    for name in ("maria", "anna", "luigi"):
        await registered(store, f"driver-{name}", name.title())

    first = await store.driver_queries.list(limit=2, after_id=None)
    rest = await store.driver_queries.list(limit=2, after_id=first[-1].id)

    assert [view.state.name for view in first] == ["Anna", "Luigi"]
    assert [(view.id, view.version, view.state.active) for view in rest] == [("driver-maria", 1, True)]


async def test_who_is_not_there_is_not_found(store: Store) -> None:
    assert await store.driver_queries.get("driver-nobody") is None


async def test_an_id_is_given_once(store: Store) -> None:
    await registered(store, "driver-luigi", "Luigi")
    with pytest.raises(DuplicateId):
        await registered(store, "driver-luigi", "Another")
    assert (await store.drivers.get("driver-luigi")).state.name == "Luigi"


async def test_of_ten_tours_that_start_at_once_one_does(store: Store) -> None:
    await registered(store, "driver-luigi")
    loaded = [await store.drivers.get("driver-luigi") for _ in range(10)]
    for number, driver in enumerate(loaded):
        driver.start_tour(utc_now(), f"tour-{number}", [f"order-{number}"])

    outcomes = await asyncio.gather(*(store.drivers.save(driver) for driver in loaded), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome] == [VersionConflict] * 9
    tour = (await store.drivers.get("driver-luigi")).state.tour
    assert tour is not None
    assert tour.id == f"tour-{outcomes.index(None)}"


async def test_his_events_wait_to_be_delivered(store: Store) -> None:
    await registered(store, "driver-luigi")
    (claim,) = await store.outboxes["driver"].claim_due("", 10)
    assert (claim.aggregate_id, [type(p.event).__name__ for p in claim.pending]) == (
        "driver-luigi",
        ["DriverRegisteredEvent"],
    )
