"""Looks after the stock room in the background: tells when something runs low, and frees what nobody came for."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from application.background import end, run_forever
from application.clock import utc_now
from application.stock.desk import StockDesk
from application.store import Store
from application.telemetry import StockTelemetry
from domain.errors import BacklogFull, DuplicateId, StoreUnavailable, VersionConflict
from domain.order import Order
from domain.stock import Level

#: The levels are looked at when something moved, this often at most and that often at least, in seconds.
SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
SWEEP_SECONDS = 60.0
#: An order that has reserved is placed within seconds, or never.
ABANDONED_AFTER = timedelta(minutes=5)
#: Whoever still places an order that is found missing has done so by then, or is fenced off: the clock that says how
#: old its reservation is may be another replica's, and wrong. In seconds.
GRACE_SECONDS = 15.0
MOST_AT_ONCE = 200

log = structlog.get_logger(__name__)


class StockKeeper:
    """Works between `start` and `stop`. It looks at how things are, not at what happened: a crash loses nothing, and
    several replicas may look at once."""

    def __init__(self, store: Store, desk: StockDesk, telemetry: StockTelemetry, grace: float = GRACE_SECONDS) -> None:
        self._store = store
        self._desk = desk
        self._telemetry = telemetry
        self._grace = grace
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [
            run_forever("stock-levels", self._watch_forever),
            run_forever("stock-sweep", self._sweep_forever),
        ]

    async def stop(self) -> None:
        await end(self._tasks)

    async def tell_levels(self) -> None:
        """Let the operator and every ingredient see the levels, which raises events where that is news. Raises
        `StoreUnavailable`."""
        ingredients = await self._store.pantry.list()
        found = await self._store.stock_room.levels() if ingredients else {}
        levels = {each.ingredient: found.get(each.ingredient, Level()) for each in ingredients}
        self._telemetry.stock(levels)
        for ingredient in ingredients:
            available = levels[ingredient.ingredient].available
            if not ingredient.would_tell(available):
                continue
            try:
                fresh = await self._store.ingredients.get(ingredient.id)
                fresh.see_level(available, utc_now())
                await self._store.ingredients.save(fresh)
            except (VersionConflict, BacklogFull) as refusal:
                log.debug("level_not_told", ingredient=ingredient.ingredient, reason=refusal.code)  # the next look does

    async def free_abandoned(self, before: datetime) -> int:
        """Give back what was reserved before a moment for orders that never came; says for how many.

        Whoever was about to place one is fenced off first. Raises `StoreUnavailable`.
        """
        freed = 0
        while order_ids := await self._store.stock_room.unseen(before, MOST_AT_ONCE):
            abandoned = await self._abandoned(order_ids)
            if abandoned:
                await self._desk.give_back(abandoned, utc_now())
                log.warning("reservations_freed", orders=len(abandoned), resolution="they were never placed")
            await self._store.stock_room.mark_seen(order_ids)
            freed += len(abandoned)
        return freed

    async def _abandoned(self, order_ids: Sequence[str]) -> list[str]:
        there = await self._store.orders.find_many(order_ids)
        missing = [order_id for order_id in order_ids if order_id not in there]
        if missing:
            await asyncio.sleep(self._grace)
        fenced_before = [order_id for order_id, order in there.items() if order.was_never_placed]
        return fenced_before + [order_id for order_id in missing if not await self._came(order_id)]

    async def _came(self, order_id: str) -> bool:
        order = await self._store.orders.find(order_id)
        if order is None:
            order = Order.never_placed(order_id, utc_now())
            try:
                await self._store.orders.add(order)
            except DuplicateId:
                return True
        return not order.was_never_placed

    async def _watch_forever(self) -> None:
        while True:
            try:
                await self.tell_levels()
            except StoreUnavailable:
                log.debug("levels_not_seen", reason="the store is away")
            await asyncio.sleep(SHORTEST_PAUSE)
            try:
                async with asyncio.timeout(LONGEST_PAUSE):
                    await self._desk.moved.wait()
            except TimeoutError:
                continue
            finally:
                self._desk.moved.clear()

    async def _sweep_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self.free_abandoned(utc_now() - ABANDONED_AFTER)
            except StoreUnavailable:
                log.debug("sweep_put_off", reason="the store is away")
