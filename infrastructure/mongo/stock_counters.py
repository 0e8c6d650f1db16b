"""The stock room's counters: one small document, which each process changes with a pen of its own.

A pen holds the token of the last write that was made with it, and every write asks for the token that it knows. So of
two tries of the same write one counts, an answer that was lost is found again, and a try that was held up on the
network counts no more once another write has been made with the pen. See docs/adr/0009-stock.md.
"""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import structlog
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from application.clock import utc_now
from domain.errors import StoreUnavailable
from domain.stock import Level, Movement
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import persist, store_errors
from infrastructure.serialization import from_document, to_document
from infrastructure.tokens import new_token

COUNTERS_ID = "levels"
#: A pen that nobody has written with for so long is taken away; its process, should it wake up, gets another one.
PEN_LIFE = timedelta(days=1)
#: How long marks stay at least, in seconds: whoever looks for movements and then writes starts over when any go.
SHORTEST_MARK = 0.05

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Counted:
    """The counters at one moment. `marks` are movements that count here, and may not be in the ledger yet."""

    on_hand: dict[str, int]
    available: dict[str, int]
    marks: dict[str, Movement]
    cleared: int

    @classmethod
    def of(cls, document: Document) -> "Counted":
        return cls(
            on_hand=_by_name(document.get("on_hand", {})),
            available=_by_name(document.get("available", {})),
            marks={unquote(key): movement_of(unquote(key), mark) for key, mark in document.get("marks", {}).items()},
            cleared=document.get("cleared", 0),
        )

    @property
    def levels(self) -> dict[str, Level]:
        return {
            ingredient: Level(on_hand=on_hand, reserved=on_hand - self.available.get(ingredient, 0))
            for ingredient, on_hand in self.on_hand.items()
        }


class Counters:
    """Raises `StoreUnavailable` throughout."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._pen = f"pens.{new_token()}"
        self._one_at_a_time = asyncio.Lock()
        #: The last write of this pen; None where that is to be looked up.
        self._last: str | None = None
        #: What was available after the last write from here; None where that is to be looked up.
        self.available: dict[str, int] | None = None
        #: Ids of marks whose movements are in the ledger: the next write takes them away.
        self._done: dict[str, None] = {}
        self._cleared_at = 0.0
        self._tidier: asyncio.Task[None] | None = None

    async def read(self) -> Counted:
        with store_errors():
            return Counted.of(await self._collection.find_one({"_id": COUNTERS_ID}) or {})

    async def count(self, movements: list[Movement], guard: Document) -> bool:
        """Count and mark movements in one write, if `guard` holds; says whether it did.

        Where `StoreUnavailable` is raised it may have been, or may be until the next write from here.
        """
        if any(movement.id in self._done for movement in movements):
            return False  # counted, and even written down, since the caller looked
        change: Document = {"$set": {}, "$inc": {}}
        for movement in movements:
            change["$set"][f"marks.{key_of(movement.id)}"] = _mark(movement)
            for part, amount in (("on_hand", movement.on_hand), ("available", movement.available)):
                path = f"{part}.{key_of(movement.ingredient)}"
                if amount:
                    change["$inc"][path] = change["$inc"].get(path, 0) + amount
        return await self._write(guard, change)

    def done(self, ids: Iterable[str]) -> None:
        """The ledger has these movements: their marks go with the next write, or soon with one for that alone."""
        self._done.update(dict.fromkeys(ids))
        if self._tidier is None and self._done:
            self._tidier = asyncio.create_task(self._tidy(), name="stock-marks")

    async def close(self) -> None:
        """Let marks go that may."""
        if self._tidier:
            await asyncio.wait([self._tidier])

    async def _tidy(self) -> None:
        try:
            while self._done:
                await asyncio.sleep(SHORTEST_MARK)
                if self._done:
                    await self._write({}, {})
        except StoreUnavailable:
            log.warning("stock_marks_left", resolution="they go with a later write")
        finally:
            self._tidier = None

    async def forget_old_pens(self) -> None:
        horizon = utc_now() - PEN_LIFE
        with store_errors():
            document = await self._collection.find_one({"_id": COUNTERS_ID}, {"pens": 1}) or {}
            for pen, used in document.get("pens", {}).items():
                if used["at"] < horizon and f"pens.{pen}" != self._pen:
                    unused = {"_id": COUNTERS_ID, f"pens.{pen}.token": used["token"]}
                    await self._collection.update_one(unused, {"$unset": {f"pens.{pen}": ""}})

    async def _write(self, guard: Document, change: Document) -> bool:
        async with self._one_at_a_time:
            token = new_token()
            clearing = [mark for mark in self._clearing() if f"marks.{key_of(mark)}" not in change.get("$set", {})]
            last = self._last or await persist(self._take_pen)
            self._last, self.available = None, None  # until the answer is here
            condition = {"_id": COUNTERS_ID, f"{self._pen}.token": last, **guard}
            update = _with_pen(change, self._pen, token, clearing)
            found = await persist(lambda: self._attempt(condition, update))
            self._last = self._token_in(found)
            self.available = _by_name(found.get("available", {}))
            if self._last != token:
                return False
            for key in clearing:
                del self._done[key]
            return True

    async def _attempt(self, condition: Document, update: Document) -> Document:
        """The document as it is now; the token in it tells whether this write made it so, in this try or an earlier."""
        shown = {"available": 1, f"{self._pen}.token": 1}
        written = await self._collection.find_one_and_update(
            condition, update, shown, return_document=ReturnDocument.AFTER
        )
        return written or await self._collection.find_one({"_id": COUNTERS_ID}, shown) or {}

    async def _take_pen(self) -> str:
        """The token of the last write, whatever it was. A process that writes for the first time gets a pen."""
        while True:
            found = await self._collection.find_one({"_id": COUNTERS_ID}, {f"{self._pen}.token": 1}) or {}
            token = self._token_in(found)
            if token is not None:
                return token
            try:
                await self._collection.update_one(
                    {"_id": COUNTERS_ID, self._pen: {"$exists": False}},
                    {"$set": {self._pen: {"token": new_token(), "at": utc_now()}}},
                    upsert=True,
                )
            except DuplicateKeyError:
                continue  # another process made the document at the same moment

    def _token_in(self, document: Document) -> str | None:
        pen: Document = document.get("pens", {}).get(self._pen.removeprefix("pens."), {})
        token: str | None = pen.get("token")
        return token

    def _clearing(self) -> list[str]:
        now = time.monotonic()
        if now - self._cleared_at < SHORTEST_MARK:
            return []
        self._cleared_at = now
        return list(self._done)


def key_of(name: str) -> str:
    """As a field's name, which may hold neither dots nor dollars."""
    return name.replace("%", "%25").replace(".", "%2E").replace("$", "%24")


def movement_of(movement_id: str, document: Document) -> Movement:
    return from_document({name: document[name] for name in document if name in _FIELDS} | {"id": movement_id}, Movement)


_FIELDS = frozenset({"ingredient", "kind", "on_hand", "reserved", "at", "order_id", "reason", "by"})


def _mark(movement: Movement) -> Document:
    document: dict[str, Any] = to_document(movement)
    del document["id"]
    return {name: value for name, value in document.items() if value is not None and value != 0}


def ledger_document(movement: Movement) -> Document:
    return {"_id": movement.id, **_mark(movement)}


def _with_pen(change: Document, pen: str, token: str, clearing: list[str]) -> Document:
    at: datetime = utc_now()
    update = {"$set": {**change.get("$set", {}), pen: {"token": token, "at": at}}}
    increments = change.get("$inc", {}) | ({"cleared": 1} if clearing else {})
    if increments:
        update["$inc"] = increments
    if clearing:
        update["$unset"] = {f"marks.{key_of(mark)}": "" for mark in clearing}
    return update


def _by_name(counts: Document) -> dict[str, int]:
    return {unquote(key): int(count) for key, count in counts.items()}
