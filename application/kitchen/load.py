"""How much the kitchen has to do, and what that means for the next order."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from application.clock import utc_now
from application.ports import OrderQueries
from domain.kitchen import estimate_ready_time
from domain.order_lifecycle import OrderStatus

#: Past this many orders in the kitchen nothing is counted, and the estimate grows no further.
MOST_COUNTED = 1_000


@dataclass(frozen=True, slots=True)
class KitchenLoad:
    """Orders are counted where they are, so that the load is never behind them as tickets may be."""

    orders: OrderQueries
    capacity: int
    cooking_time: timedelta

    async def count(self, *statuses: OrderStatus) -> int:
        """Orders in these statuses, up to `MOST_COUNTED`. Raises `StoreUnavailable`."""
        return await self.orders.count_by_status(statuses, at_most=MOST_COUNTED)

    def ready_time(self, orders_ahead: int) -> datetime:
        """When an order confirmed now will be ready, behind so many others."""
        return estimate_ready_time(utc_now(), orders_ahead, self.capacity, self.cooking_time)
