"""Keeps each customer's profile up with their orders."""

import asyncio
from collections.abc import Mapping, Sequence

from application.clock import utc_now
from application.customers.ids import CustomerIds
from application.ports import OrderFilter, OrderQueries, OrderView
from domain.customer import CustomerProfile, CustomerState, PastOrder
from domain.errors import DuplicateId, VersionConflict
from domain.events import OrderPlacedEvent
from domain.repositories import Repository

#: How many of a person's orders are looked at, the newest first.
LATEST_ORDERS = 20
RETRIES = 50

Placed = list[OrderPlacedEvent]


class CustomerDesk:
    """Most orders are a stranger's first, or tell nothing new: both take one look at the store for a whole batch."""

    def __init__(self, customers: Repository[CustomerProfile], orders: OrderQueries, ids: CustomerIds) -> None:
        self._customers = customers
        self._orders = orders
        self._ids = ids

    async def meet(self, placed: Sequence[OrderPlacedEvent]) -> dict[str, Exception]:
        """Take over what these orders tell; returns which failed, by the event's id. Raises `StoreUnavailable`."""
        by_customer: dict[str, Placed] = {}
        for event in placed:
            if event.customer_phone:
                by_customer.setdefault(await self._ids.of(event.customer_phone), []).append(event)
        known = await self._customers.find_many(list(by_customer))
        news = {found: group for found, group in by_customer.items() if not _agree(known.get(found), group)}
        firsts = [event.aggregate_id for found, group in news.items() if found not in known for event in group]
        orders = await self._orders.get_many(firsts) if firsts else {}
        # All at the same time, so that they share the store's writes.
        outcomes = await asyncio.gather(
            *(
                self._catch_up(found, group) if found in known else self._greet(found, group, orders)
                for found, group in news.items()
            ),
            return_exceptions=True,
        )
        return {
            event.event_id: outcome
            for group, outcome in zip(news.values(), outcomes, strict=True)
            if isinstance(outcome, Exception)
            for event in group
        }

    async def _greet(self, customer_id: str, placed: Placed, orders: Mapping[str, OrderView]) -> None:
        """Make a profile from first orders, without those that an erasure has emptied meanwhile."""
        profile = CustomerProfile(customer_id, CustomerState())
        views = sorted({event.aggregate_id for event in placed} & orders.keys())
        profile.take_over([_past(orders[found]) for found in views if orders[found].state.customer.phone], utc_now())
        if not profile.raised:
            return
        try:
            await self._customers.add(profile)
        except DuplicateId:
            await self._catch_up(customer_id, placed)

    async def _catch_up(self, customer_id: str, placed: Placed) -> None:
        """Bring a profile up with the orders that there are. Raises `VersionConflict` where it loses every race."""
        for _ in range(RETRIES):
            profile = await self._customers.get(customer_id)
            if _agree(profile, placed):
                return None
            of_person = OrderFilter(customer_phone=placed[0].customer_phone)
            latest = await self._orders.list(of_person, limit=LATEST_ORDERS, before_id=None)
            profile.take_over([_past(order) for order in reversed(latest)], utc_now())
            if not profile.raised:
                return None
            try:
                return await self._customers.save(profile)
            except VersionConflict:
                await asyncio.sleep(0.005)
        raise VersionConflict("This customer's profile is busy. Try again.")


def _agree(profile: CustomerProfile | None, placed: Placed) -> bool:
    return profile is not None and all(
        profile.agrees_with(event.customer_name, event.customer_email, event.delivery_address, event.placed_time)
        for event in placed
    )


def _past(order: OrderView) -> PastOrder:
    state = order.state
    return PastOrder(id=order.id, customer=state.customer, address=state.fulfilment.address, placed_at=state.placed_at)
