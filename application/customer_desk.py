"""Keeps each customer's profile up with their orders."""

import asyncio
from collections.abc import Sequence

from application.clock import utc_now
from application.customer_ids import CustomerIds
from application.ports import OrderFilter, OrderQueries, OrderView
from domain.customer import CustomerProfile, CustomerState, PastOrder
from domain.errors import DuplicateId, VersionConflict
from domain.events import OrderPlacedEvent
from domain.repositories import Repository

#: How many of a person's orders are looked at, the newest first.
LATEST_ORDERS = 20
RETRIES = 50


class CustomerDesk:
    def __init__(self, customers: Repository[CustomerProfile], orders: OrderQueries, ids: CustomerIds) -> None:
        self._customers = customers
        self._orders = orders
        self._ids = ids

    async def meet(self, placed: Sequence[OrderPlacedEvent]) -> None:
        """Take over what orders of one phone number tell. Raises `VersionConflict` where it keeps losing the race."""
        phone = placed[0].customer_phone
        customer_id = await self._ids.of(phone)
        for _ in range(RETRIES):
            try:
                await self._meet(customer_id, phone, placed)
                return
            except (DuplicateId, VersionConflict):
                await asyncio.sleep(0.005)
        raise VersionConflict("This customer's profile is busy. Try again.")

    async def _meet(self, customer_id: str, phone: str, placed: Sequence[OrderPlacedEvent]) -> None:
        profile = await self._customers.find(customer_id)
        is_new = profile is None
        profile = profile or CustomerProfile(customer_id, CustomerState())
        if all(
            profile.agrees_with(event.customer_name, event.customer_email, event.delivery_address, event.placed_time)
            for event in placed
        ):
            return
        latest = await self._orders.list(OrderFilter(customer_phone=phone), limit=LATEST_ORDERS, before_id=None)
        profile.take_over([_past(order) for order in reversed(latest)], utc_now())
        if not profile.raised:
            return
        await (self._customers.add(profile) if is_new else self._customers.save(profile))


def _past(order: OrderView) -> PastOrder:
    state = order.state
    return PastOrder(id=order.id, customer=state.customer, address=state.fulfilment.address, placed_at=state.placed_at)
