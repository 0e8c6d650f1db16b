"""Gives out the kitchen's places, and takes back those whose orders have moved on."""

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from application.clock import utc_now
from domain.errors import KitchenFull, VersionConflict
from domain.kitchen import KITCHEN_ID, Kitchen, Place
from domain.order import Order
from domain.order_lifecycle import OrderStatus
from domain.repositories import Repository

#: A place taken this long ago for an order that still does not cook belongs to a command that never finished.
ABANDONED_AFTER = timedelta(seconds=10)
FREE_RETRIES = 50
NEEDS_A_PLACE = frozenset({OrderStatus.CONFIRMED, OrderStatus.COOKING})


class KitchenDesk:
    """The kitchen and the order are two documents, and a place is taken before the order cooks: a crash between the
    two leaves a place taken for nothing. It is found when somebody needs it. Before it is given away, the order's
    version is moved, so that a command that was only asleep cannot cook after all."""

    def __init__(self, kitchens: Repository[Kitchen], orders: Repository[Order], capacity: int) -> None:
        self._kitchens = kitchens
        self._orders = orders
        self.capacity = capacity
        self._one_at_a_time = asyncio.Lock()

    async def take_place(self, order_id: str) -> None:
        """Raises `KitchenFull`, `VersionConflict`, `StoreUnavailable`."""
        async with self._one_at_a_time:
            kitchen = await self._kitchens.get(KITCHEN_ID)
            if kitchen.holds(order_id):
                return
            now = utc_now()
            try:
                kitchen.take_place(order_id, self.capacity, now)
            except KitchenFull:
                kitchen.free_places(await self._moved_on(kitchen.state.places, now))
                kitchen.take_place(order_id, self.capacity, now)
            await self._kitchens.save(kitchen)

    async def free_places(self, order_ids: Iterable[str]) -> None:
        """Free the places of orders that cook no more. Raises `VersionConflict` where it keeps losing the race."""
        wanted = set(order_ids)
        async with self._one_at_a_time:
            for _ in range(FREE_RETRIES):
                kitchen = await self._kitchens.get(KITCHEN_ID)
                if not kitchen.free_places(wanted):
                    return
                try:
                    await self._kitchens.save(kitchen)
                    return
                except VersionConflict:
                    await asyncio.sleep(0.005)
        raise VersionConflict("The kitchen is busy. Try again.")

    async def give_back(self, order_id: str) -> None:
        """Free the place that was taken for an order which meanwhile was cancelled: its events have passed already.
        Raises `VersionConflict`, `StoreUnavailable`."""
        order = await self._orders.find(order_id)
        if order is None or order.state.status not in NEEDS_A_PLACE:
            await self.free_places([order_id])

    async def _moved_on(self, places: list[Place], now: datetime) -> set[str]:
        return {place.order_id for place in places if await self._needs_it_no_more(place, now)}

    async def _needs_it_no_more(self, place: Place, now: datetime) -> bool:
        order = await self._orders.find(place.order_id)
        if order is None:
            return True
        if order.state.status is OrderStatus.COOKING:
            return False
        if order.state.status is not OrderStatus.CONFIRMED:
            return True
        # Whoever took it may have another idea of the hour: a moment in the future does not protect it.
        return abs(now - place.taken_at) > ABANDONED_AFTER and await self._fence(order)

    async def _fence(self, order: Order) -> bool:
        order.withdraw_kitchen_place(utc_now())
        try:
            await self._orders.save(order)
        except VersionConflict:
            return False
        return True
