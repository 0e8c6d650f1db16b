"""Erases a person from everything that tells of them; ids, amounts and movements stay."""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from typing import Any

from application.clock import steady_now, utc_now
from application.dispatch.outbox import FRESH_LANE, Claim, Outbox, Outcome, PendingEvent, Settlement
from application.ports import EventLog, OrderFilter, OrderQueries
from domain.customer import CustomerProfile, Erasure
from domain.errors import OrdersUnderWay, VersionConflict
from domain.events import without_person
from domain.order import Order
from domain.repositories import Repository

PAGE = 100
#: How often, and how many seconds apart, an order is asked for that somebody else delivers just now.
CLAIM_ATTEMPTS = 20
CLAIM_PAUSE = 0.1


class CustomerEraser:
    """The number stays in the profile until all is done, so that a crash anywhere leaves what it takes to begin again.

    An order's events are first emptied where they wait to be delivered, under the lease that whoever delivers needs;
    what of them is not in the log enters it empty at once, so that no latecomer can bring it there as it was. Then the
    log is emptied, and at last the order forgets, and with it leaves the list of what is to do.
    """

    def __init__(
        self,
        customers: Repository[CustomerProfile],
        orders: Repository[Order],
        queries: OrderQueries,
        log: EventLog,
        outboxes: Mapping[str, Outbox],
    ) -> None:
        self._customers = customers
        self._orders = orders
        self._queries = queries
        self._log = log
        self._outboxes = outboxes

    async def erase(self, customer_id: str) -> None:
        """Do what is left of an erasure, if any. Raises `VersionConflict`, `OrdersUnderWay`, `StoreUnavailable`."""
        erasure = (await self._customers.get(customer_id)).state.erasure
        if erasure:
            await self._erase_orders(erasure)
            await self._finish(customer_id, erasure)
        await self._log.erase([customer_id])  # at the very end: it empties the store's journal, too

    async def _erase_orders(self, erasure: Erasure) -> None:
        while order_ids := await self._left(erasure):
            await _all(self._empty_pending(order_id) for order_id in order_ids)
            await self._log.erase(order_ids)
            await _all(self._forget(order_id) for order_id in order_ids)

    async def _left(self, erasure: Erasure) -> list[str]:
        of_person = OrderFilter(customer_phone=erasure.phone)
        found = await self._queries.list(of_person, limit=PAGE, before_id=f"{erasure.last_order_id}~")
        return [order.id for order in found]  # the last one among them: its own id is less than with anything behind

    async def _empty_pending(self, order_id: str) -> None:
        order = await self._orders.get(order_id)
        if order.open_moves:
            raise OrdersUnderWay([order_id])
        claim = await self._claim(order_id)
        outcome = Outcome.GREW
        while outcome is Outcome.GREW:
            emptied = [PendingEvent(without_person(entry.event), entry.todo) for entry in claim.pending]
            await self._log.append([entry.event for entry in emptied])
            (outcome,) = await self._outboxes["order"].settle([_settlement(claim, emptied)])
        if outcome is Outcome.LOST:
            raise VersionConflict(f"The events of order '{order_id}' were taken meanwhile. Try again.")

    async def _claim(self, order_id: str) -> Claim:
        for _ in range(CLAIM_ATTEMPTS):
            claim = await self._outboxes["order"].take_for_repair(order_id)
            if claim:
                return claim
            await asyncio.sleep(CLAIM_PAUSE)
        raise VersionConflict(f"The events of order '{order_id}' are being delivered right now. Try again.")

    async def _forget(self, order_id: str) -> None:
        order = await self._orders.get(order_id)
        order.forget_customer(utc_now())
        if order.raised:
            await self._orders.save(order)

    async def _finish(self, customer_id: str, erasure: Erasure) -> None:
        profile = await self._customers.get(customer_id)
        profile.finish_erasure(erasure, utc_now())
        if profile.raised:
            await self._customers.save(profile)


async def _all(steps: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Side by side, so that they share the store's writes; raises the first failure once all have ended."""
    for outcome in await asyncio.gather(*steps, return_exceptions=True):
        if outcome is not None:
            raise outcome


def _settlement(claim: Claim, emptied: Sequence[PendingEvent]) -> Settlement:
    """Whoever claims it next finds out what of it is due, and when."""
    parked = [d.parked_at for entry in emptied for d in (entry.todo or {}).values() if d.parked_at]
    return Settlement(
        claim,
        len(claim.pending),
        list(emptied),
        lane=FRESH_LANE,
        next_attempt_at=steady_now() if emptied else None,
        parked_at=min(parked, default=None),
    )
