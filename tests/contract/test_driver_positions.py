"""Where the drivers are: the newest of what each has reported, in whatever order it comes."""

import asyncio
import random
from datetime import timedelta

from application.clock import utc_now
from application.ports.driver_positions import DriverPosition
from application.store import Store

NOON = utc_now()


def at(driver: str, minute: int, latitude: float = 43.7) -> DriverPosition:
    return DriverPosition(
        driver_id=driver, latitude=latitude, longitude=11.25, at=NOON + timedelta(minutes=minute, milliseconds=125)
    )


async def known(store: Store) -> list[DriverPosition]:
    return await store.driver_positions.list(limit=10)


async def test_each_driver_is_where_he_was_last_seen_the_newest_first(store: Store) -> None:
    await store.driver_positions.report([at("gino", 1), at("pia", 2), at("gino", 3)])

    assert await known(store) == [at("gino", 3), at("pia", 2)]
    assert await store.driver_positions.list(limit=1) == [at("gino", 3)]


async def test_what_comes_late_or_again_changes_nothing(store: Store) -> None:
    await store.driver_positions.report([at("gino", 5, 1.0)])
    await store.driver_positions.report([at("gino", 4, 2.0), at("gino", 5, 3.0)])
    await store.driver_positions.report([])

    assert await known(store) == [at("gino", 5, 1.0)]


async def test_the_newest_stays_however_reports_race(store: Store) -> None:
    reports = [at("gino", minute) for minute in range(40)]
    random.Random(7).shuffle(reports)

    await asyncio.gather(*(store.driver_positions.report([report]) for report in reports))

    assert await known(store) == [at("gino", 39)]
