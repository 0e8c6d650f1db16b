"""Keeps drivers' tours in line with the orders on them, whoever moves either at the same time."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import TypeVar

from application.clock import utc_now
from application.commands.hand_over_order import DispatchOrderCommand, DispatchOrderCommandHandler
from domain.driver import Driver, Stop, Tour
from domain.errors import StaleVersion, VersionConflict
from domain.order import Order
from domain.order_lifecycle import OrderStatus
from domain.repositories import Repository

RETRIES = 20
LONGEST_PAUSE = 0.1

T = TypeVar("T")


async def until_saved(attempt: Callable[[], Awaitable[T]]) -> T:
    """Run an attempt that loads, decides and saves anew while it loses races. Raises `VersionConflict` in the end."""
    for tried in range(RETRIES):
        try:
            return await attempt()
        except (VersionConflict, StaleVersion):
            await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.002 * 2.0**tried)))
    raise VersionConflict("Too many others change this at the same time. Try again.")


class TourDesk:
    """A tour and its orders are many documents. So nothing is concluded from an event but that it is time to look: what
    the orders are now decides, which is the same however often, however late and in whichever order events arrive."""

    def __init__(
        self, drivers: Repository[Driver], orders: Repository[Order], dispatch: DispatchOrderCommandHandler
    ) -> None:
        self._drivers = drivers
        self._orders = orders
        self._dispatch = dispatch

    async def follow(self, driver_id: str, order_ids: Collection[str] | None = None) -> None:
        """Settle what the driver's orders have settled, and send out those that still wait for it; `order_ids` None
        looks at all of his open stops. Raises `VersionConflict`, `BacklogFull`, `StoreUnavailable`."""
        await until_saved(partial(self._follow, driver_id, order_ids))

    async def _follow(self, driver_id: str, order_ids: Collection[str] | None) -> None:
        driver = await self._drivers.find(driver_id)
        if driver is None or driver.state.tour is None:
            return
        tour = driver.state.tour
        for stop in tour.open_stops:
            if order_ids is None or stop.order_id in order_ids:
                await self._settle(driver, tour, stop)
        if driver.raised:
            await self._drivers.save(driver)

    async def _settle(self, driver: Driver, tour: Tour, stop: Stop) -> None:
        # Read after the driver: what it says happened while he had this stop, or his version has moved.
        order = await self._orders.find(stop.order_id)
        now = utc_now()
        if order is None:
            driver.drop_stop(now, stop.order_id, "There is no such order any more.")
        elif order.state.status is OrderStatus.CANCELLED:
            driver.drop_stop(now, stop.order_id, "The order was cancelled.")
        elif order.state.driver_id != driver.id:
            driver.drop_stop(now, stop.order_id, "The order was taken from the driver.")
        elif order.state.status is OrderStatus.DELIVERED:
            driver.complete_stop(now, stop.order_id)
        elif order.state.status is OrderStatus.READY:
            await self._send_out(driver, tour, stop, order)

    async def _send_out(self, driver: Driver, tour: Tour, stop: Stop, order: Order) -> None:
        # Looked at again after the order: an order that has left this tour, and come back to the driver for another,
        # is on a version that the order read here does not have.
        again = await self._drivers.find(driver.id)
        if again is None or not again.is_taking(stop.order_id, tour.id):
            raise VersionConflict("The stop has been settled meanwhile.")
        command = DispatchOrderCommand(
            order_id=order.id,
            expected_version=order.version,
            tracking_number=tour.tracking_number(stop),
            carrier=driver.state.name,
        )
        await self._dispatch.handle(command)
