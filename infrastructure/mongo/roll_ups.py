"""Rolled-up figures: a document for each span, under an id that sorts by time."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pymongo import DeleteOne, UpdateOne
from pymongo.errors import BulkWriteError

from application.analytics.calendar import Level
from application.analytics.figures import Figures
from application.ports.analytics import Block, BlockId, Mark
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import DUPLICATE_KEY, persist, store_errors
from infrastructure.mongo.order_facts import mark_hours
from infrastructure.roll_ups import PART_NAMES, decode_part, decode_parts, encode_parts
from infrastructure.tokens import new_token

F = TypeVar("F", bound=Figures)

#: Seconds for a batch of blocks, which may be some megabytes.
WRITE_SECONDS = 30.0
ZONE_ID = "zone"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MongoRollUps:
    """Where a write is guarded by the token that was read, one of two writers wins; what was written is known by its
    own token, answer or not."""

    def __init__(self, blocks: Collection, marks: Collection) -> None:
        self._blocks = blocks
        self._marks = marks

    async def zone(self) -> str | None:
        with store_errors():
            found = await self._blocks.find_one({"_id": ZONE_ID})
        return found["zone"] if found else None

    async def set_zone(self, zone: str) -> None:
        others = {"_id": {"$ne": ZONE_ID}, "zone": {"$ne": zone}}
        await persist(lambda: self._blocks.delete_many(others), WRITE_SECONDS)
        await persist(lambda: self._blocks.update_one({"_id": ZONE_ID}, {"$set": {"zone": zone}}, upsert=True))

    async def mark(self, hours: Sequence[datetime]) -> None:
        await mark_hours(self._marks, hours)

    async def marks(self, start: datetime, end: datetime, *, limit: int) -> list[Mark]:
        with store_errors():
            found = (
                await self._marks.find({"_id": {"$gte": start, "$lt": end}}).sort("_id", 1).limit(limit).to_list(None)
            )
        return [Mark(document["_id"], document["token"]) for document in found]

    async def clear(self, marks: Sequence[Mark]) -> None:
        writes = [DeleteOne({"_id": mark.hour, "token": mark.token}) for mark in marks]
        if writes:
            await persist(lambda: self._marks.bulk_write(writes, ordered=False))

    async def tokens(self, zone: str, ids: Sequence[BlockId]) -> dict[BlockId, str]:
        by_key = {_key(zone, *block): block for block in ids}
        with store_errors():
            found = await self._blocks.find({"_id": {"$in": list(by_key)}}, {"token": 1}).to_list(None)
        return {by_key[document["_id"]]: document["token"] for document in found}

    async def blocks(self, zone: str, level: Level, start: datetime, end: datetime) -> list[Block]:
        found = await self._find(zone, level, start, end, dict.fromkeys(PART_NAMES.values(), 1))
        return [Block(BlockId(level, _start(document)), decode_parts(document)) for document in found]

    async def figures(
        self, zone: str, level: Level, start: datetime, end: datetime, part: type[F]
    ) -> list[tuple[datetime, dict[str, F]]]:
        name = PART_NAMES[part]
        found = await self._find(zone, level, start, end, {name: 1})
        return [(_start(document), decode_part(part, document[name])) for document in found]

    async def _find(self, zone: str, level: Level, start: datetime, end: datetime, fields: Document) -> list[Document]:
        within = {"$gte": _key(zone, level, start), "$lt": _key(zone, level, end)}
        with store_errors():
            return await self._blocks.find({"_id": within}, fields).sort("_id", 1).to_list(None)

    async def write(self, zone: str, blocks: Sequence[Block], seen: Mapping[BlockId, str]) -> bool:
        token = new_token()
        for level in Level:  # hours before days before months
            of_level = [block for block in blocks if block.id.level is level]
            writes = [_write(zone, block, seen.get(block.id), token) for block in of_level]
            if writes:
                await persist(lambda writes=writes: self._try(writes), WRITE_SECONDS)  # type: ignore[misc]
                written = await self.tokens(zone, [block.id for block in of_level])
                if any(written.get(block.id) != token for block in of_level):
                    return False
        return True

    async def _try(self, writes: list[UpdateOne]) -> None:
        try:
            await self._blocks.bulk_write(writes, ordered=False)
        except BulkWriteError as failure:
            if any(error["code"] != DUPLICATE_KEY for error in failure.details["writeErrors"]):
                raise

    async def first_month(self, zone: str, moment: datetime) -> datetime | None:
        within = {"$gte": _key(zone, Level.MONTH, moment), "$lt": f"{zone}|{Level.MONTH}|~"}
        with store_errors():
            found = await self._blocks.find({"_id": within}, {"_id": 1}).sort("_id", 1).limit(1).to_list(None)
        return _start(found[0]) if found else None


def _write(zone: str, block: Block, seen: str | None, token: str) -> UpdateOne:
    key, change = _key(zone, *block.id), {"zone": zone, "token": token, **encode_parts(block.parts)}
    if seen is None:
        return UpdateOne({"_id": key}, {"$setOnInsert": change}, upsert=True)
    return UpdateOne({"_id": key, "token": seen}, {"$set": change})


def _key(zone: str, level: Level, start: datetime) -> str:
    seconds = int((start - _EPOCH).total_seconds())
    return f"{zone}|{level}|{seconds:012d}"


def _start(document: Document) -> datetime:
    return _EPOCH + timedelta(seconds=int(document["_id"].rpartition("|")[2]))
