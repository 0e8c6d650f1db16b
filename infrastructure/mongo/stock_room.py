"""The stock room in MongoDB, which changes one document at a time: counters that decide, and a ledger that follows."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo.errors import BulkWriteError

from domain.errors import NegativeStock, SoldOut, StoreUnavailable
from domain.stock import Level, Movement, MovementKind, reservations
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import only_duplicates, persist, store_errors
from infrastructure.mongo.stock_counters import Counted, Counters, key_of, ledger_document, movement_of
from infrastructure.mongo.write_queue import Wish, WriteQueue

LARGEST_BATCH = 100
#: How long somebody who keeps losing the race goes on, in seconds.
RACE_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class _Reservation:
    """What an order needs."""

    order_id: str
    needs: Mapping[str, int]
    now: datetime


_Wish = Wish[_Reservation]


class MongoStockRoom(WriteQueue[_Reservation]):
    """Implements `application.ports.stock.StockRoom`."""

    def __init__(self, counters: Collection, ledger: Collection) -> None:
        super().__init__("reservations", LARGEST_BATCH)
        self._counters = Counters(counters)
        self._ledger = ledger
        self._granted: list[Movement] = []
        self._follower: asyncio.Task[None] | None = None

    # Reserving: what queued while the last write was on its way goes together in the next one

    async def reserve(self, order_id: str, needs: Mapping[str, int], now: datetime) -> None:
        await self.put(_Reservation(order_id, needs, now))

    async def close(self) -> None:
        """Answer who waits, and let go. What has not reached the ledger stays marked in the counters."""
        await self.drain()
        if self._follower:
            await asyncio.wait([self._follower])
        await self._counters.close()

    async def write(self, batch: list[_Wish]) -> None:
        """Grant what fits, in the order of asking, in one write; what does not fit is refused on fresh figures only."""
        available = self._counters.available
        fresh = False
        while True:
            if available is None:
                available, fresh = (await self._counters.read()).available, True
            granted, refused = _share_out(batch, available)
            if refused and not fresh:
                available = None
                continue
            if not granted or await self._grant(granted):
                for wish in granted:
                    wish.answer()
                for wish, short in refused:
                    wish.answer(SoldOut(short))
                return
            available, fresh = self._counters.available, True  # somebody else was faster
            if time.monotonic() > batch[0].deadline + RACE_PATIENCE:
                raise StoreUnavailable

    async def _grant(self, wishes: list[_Wish]) -> bool:
        wanted = [wish.wanted for wish in wishes]
        movements = [made for one in wanted for made in reservations(one.order_id, one.needs, one.now)]
        total = Counter[str]()
        for made in movements:
            total[made.ingredient] += made.reserved
        enough = {f"available.{key_of(ingredient)}": {"$gte": amount} for ingredient, amount in total.items()}
        if not await self._counters.count(movements, enough):
            return False
        self._granted += movements
        if self._follower is None:
            self._follower = asyncio.create_task(self._follow_granted(), name="stock-ledger")
        return True

    # The ledger

    async def apply(self, movements: Sequence[Movement]) -> list[Movement]:
        wanted = list({movement.id: movement for movement in movements}.values())
        known: list[Movement] = []
        for start in range(0, len(wanted), LARGEST_BATCH):
            known += await self._apply(wanted[start : start + LARGEST_BATCH])
        return known

    async def _apply(self, wanted: list[Movement]) -> list[Movement]:
        """Look which are new, then count those if nothing was cleared since: what was there then is marked still."""
        deadline = time.monotonic() + RACE_PATIENCE
        while True:
            counted = await self._counters.read()
            known = await self._known(wanted, counted)
            new = [movement for movement in wanted if movement.id not in known]
            if not new:
                return list(known.values())
            # A restored store says 0, and one that has never cleared anything says nothing.
            guard: Document = {"cleared": counted.cleared or {"$in": [0, None]}, **_enough(new, counted)}
            guard |= {f"marks.{key_of(movement.id)}": None for movement in new}
            if await self._counters.count(new, guard):
                await self._follow(new)
                return list(known.values())
            if time.monotonic() > deadline:
                raise StoreUnavailable
            await asyncio.sleep(random.uniform(0, 0.02))

    async def _known(self, wanted: Sequence[Movement], counted: Counted) -> dict[str, Movement]:
        marked = {m.id: counted.marks[m.id] for m in wanted if m.id in counted.marks}
        found = await self._find({"_id": {"$in": [m.id for m in wanted if m.id not in marked]}})
        return marked | {movement.id: movement for movement in found}

    async def _follow_granted(self) -> None:
        """No order waits for its reservations to enter the ledger."""
        try:
            while self._granted:
                movements, self._granted = self._granted, []
                await self._follow(movements)
        finally:
            self._follower = None

    async def _follow(self, movements: Sequence[Movement]) -> None:
        """Bring counted movements into the ledger, and let their marks go. Until then they count as marked."""
        try:
            await persist(lambda: self._write_down(movements))
            self._counters.done(movement.id for movement in movements)
        except StoreUnavailable:
            return  # whoever reads the ledger next brings it up to date

    async def _write_down(self, movements: Sequence[Movement]) -> None:
        documents = [ledger_document(movement) for movement in movements]
        for document, movement in zip(documents, movements, strict=True):
            if movement.kind is MovementKind.RESERVED:
                document["unseen"] = True
        try:
            await self._ledger.insert_many(documents, ordered=False)
        except BulkWriteError as failure:
            if not only_duplicates(failure):
                raise

    async def _bring_up_to_date(self) -> None:
        marks = (await self._counters.read()).marks
        if marks:
            await self._follow(list(marks.values()))

    async def levels(self) -> dict[str, Level]:
        return (await self._counters.read()).levels

    async def movements(self, *, ingredient: str | None, before: str | None, limit: int) -> list[Movement]:
        await self._bring_up_to_date()
        condition: Document = {"ingredient": ingredient} if ingredient is not None else {}
        with store_errors():
            if before is not None:
                last = await self._ledger.find_one({"_id": before})
                if last is None:
                    return []
                earlier = [{"at": {"$lt": last["at"]}}, {"at": last["at"], "_id": {"$lt": before}}]
                condition["$or"] = earlier
            cursor = self._ledger.find(condition).sort([("at", -1), ("_id", -1)]).limit(limit)
            return [movement_of(found["_id"], found) for found in await cursor.to_list(None)]

    async def of_orders(self, order_ids: Sequence[str]) -> list[Movement]:
        wanted = set(order_ids)
        marks = (await self._counters.read()).marks  # first: what is cleared after this is in the ledger
        marked = {mark.id: mark for mark in marks.values() if mark.order_id in wanted}
        found = await self._find({"order_id": {"$in": list(wanted)}})
        return list((marked | {movement.id: movement for movement in found}).values())

    async def _find(self, condition: Document) -> list[Movement]:
        with store_errors():
            documents = await self._ledger.find(condition).to_list(None)
        return [movement_of(document["_id"], document) for document in documents]

    # Reservations whose order may never come

    async def unseen(self, before: datetime, limit: int) -> list[str]:
        await self._bring_up_to_date()
        await self._counters.forget_old_pens()
        with store_errors():
            cursor = self._ledger.find({"unseen": True, "at": {"$lt": before}}, {"order_id": 1}).limit(limit)
            return list({document["order_id"]: None for document in await cursor.to_list(None)})

    async def mark_seen(self, order_ids: Sequence[str]) -> None:
        seen = {"order_id": {"$in": list(order_ids)}, "unseen": True}
        await persist(lambda: self._ledger.update_many(seen, {"$unset": {"unseen": ""}}))


def _share_out(
    batch: list[_Wish], available: Mapping[str, int]
) -> tuple[list[_Wish], list[tuple[_Wish, dict[str, int]]]]:
    """Whose wishes fit, one after the other, and whose do not: with what would have been left for those."""
    left = dict(available)
    granted: list[_Wish] = []
    refused: list[tuple[_Wish, dict[str, int]]] = []
    for wish in batch:
        short = {name: left.get(name, 0) for name, amount in wish.wanted.needs.items() if left.get(name, 0) < amount}
        if short:
            refused.append((wish, short))
            continue
        granted.append(wish)
        for name, amount in wish.wanted.needs.items():
            left[name] -= amount
    return granted, refused


def _enough(new: Sequence[Movement], counted: Counted) -> Document:
    """The condition that nothing available falls below zero. Raises `NegativeStock` where it would now."""
    net = Counter[str]()
    for movement in new:
        net[movement.ingredient] += movement.available
    for ingredient, change in net.items():
        if change < 0 and counted.available.get(ingredient, 0) + change < 0:
            raise NegativeStock(ingredient, counted.available.get(ingredient, 0))
    return {f"available.{key_of(name)}": {"$gte": -change} for name, change in net.items() if change < 0}
