"""Rolled-up figures: a document for each part of each span, under an id that sorts by time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from pymongo import DeleteOne, UpdateOne
from pymongo.errors import BulkWriteError

from application.analytics.calendar import Level
from application.analytics.figures import Figures
from application.ports.analytics import Block, BlockId, Mark, Told
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.errors import only_duplicates, persist, store_errors
from infrastructure.mongo.order_facts import mark_hours, write_in_batches
from infrastructure.roll_ups import PART_NAMES, decode_part, decode_parts, encode_parts

F = TypeVar("F", bound=Figures)

LARGEST_BATCH = 500
#: Seconds for a batch of blocks, which may be some megabytes.
WRITE_SECONDS = 30.0
ZONE_ID = "zone"
#: The part that tells which blocks of a level there are, and the only one of a sum up to a month.
CUSTOMERS = "customers"
_PARTS = tuple(PART_NAMES.values())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = datetime(9999, 1, 1, tzinfo=UTC)
_NONE = "-"


class MongoRollUps:
    """Where a write is guarded by the token that was read, one of two writers wins; what was written is known by its
    own token, answer or not. Parts are documents of their own, since a server reads documents whole; a block's token
    is that of all of them."""

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
            cursor = self._marks.find({"_id": {"$gte": start, "$lt": end}}).sort("_id", 1).limit(limit)
            found = await cursor.to_list(None)
        return [Mark(document["_id"], document["token"]) for document in found]

    async def clear(self, marks: Sequence[Mark]) -> None:
        writes = [DeleteOne({"_id": mark.hour, "token": mark.token}) for mark in marks]
        await write_in_batches(self._marks, writes)

    async def tokens(self, zone: str, ids: Sequence[BlockId]) -> dict[BlockId, str]:
        keys = [_key(zone, part, id_) for id_ in ids for part in _PARTS]
        with store_errors():
            found = await self._blocks.find({"_id": {"$in": keys}}, {"token": 1}).to_list(None)
        by_key = {document["_id"]: document["token"] for document in found}
        joined = {id_: [by_key.get(_key(zone, part, id_), _NONE) for part in _PARTS] for id_ in ids}
        return {id_: " ".join(tokens) for id_, tokens in joined.items() if any(token != _NONE for token in tokens)}

    async def tokens_of(self, zone: str, level: Level) -> dict[datetime, str]:
        found = await self._find(zone, CUSTOMERS, level, (_EPOCH, _END), {"token": 1})
        return {_start(document): document["token"] for document in found}

    async def blocks(self, zone: str, level: Level, start: datetime, end: datetime) -> list[Block]:
        parts: dict[datetime, dict[str, bytes]] = {}
        for part in _PARTS:
            for document in await self._find(zone, part, level, (start, end), {"data": 1}):
                parts.setdefault(_start(document), {})[part] = document["data"]
        return [Block(BlockId(level, begins), decode_parts(parts[begins]), "") for begins in sorted(parts)]

    async def figures(self, zone: str, level: Level, start: datetime, end: datetime, part: type[F]) -> list[Told[F]]:
        found = await self._find(zone, PART_NAMES[part], level, (start, end), {"token": 1, "data": 1})
        return [Told(_start(document), document["token"], decode_part(part, document["data"])) for document in found]

    async def _find(
        self, zone: str, part: str, level: Level, within: tuple[datetime, datetime], fields: Document
    ) -> list[Document]:
        first, after = (_key(zone, part, BlockId(level, moment)) for moment in within)
        with store_errors():
            return await self._blocks.find({"_id": {"$gte": first, "$lt": after}}, fields).sort("_id", 1).to_list(None)

    async def write(self, zone: str, blocks: Sequence[Block], seen: Mapping[BlockId, str]) -> bool:
        for level in Level:  # hours before days before months
            of_level = [block for block in blocks if block.id.level is level]
            writes = [write for block in of_level for write in _writes(zone, block, seen.get(block.id))]
            if writes:
                for start in range(0, len(writes), LARGEST_BATCH):
                    batch = writes[start : start + LARGEST_BATCH]
                    await persist(lambda batch=batch: self._try(batch), WRITE_SECONDS)  # type: ignore[misc]
                written = await self.tokens(zone, [block.id for block in of_level])
                if any(written.get(block.id) != _joined(block) for block in of_level):
                    return False
        return True

    async def _try(self, writes: list[UpdateOne]) -> None:
        try:
            await self._blocks.bulk_write(writes, ordered=False)
        except BulkWriteError as failure:
            if not only_duplicates(failure):
                raise


def _writes(zone: str, block: Block, seen: str | None) -> Iterator[UpdateOne]:
    before = dict(zip(_PARTS, (seen or " ".join([_NONE] * len(_PARTS))).split(" "), strict=True))
    for part, data in encode_parts(block.parts).items():
        if not _has(block, part):
            continue
        key, change = _key(zone, part, block.id), {"zone": zone, "token": block.token, "data": data}
        if before[part] == _NONE:
            yield UpdateOne({"_id": key}, {"$setOnInsert": change}, upsert=True)
        else:
            yield UpdateOne({"_id": key, "token": before[part]}, {"$set": change})


def _joined(block: Block) -> str:
    return " ".join(block.token if _has(block, part) else _NONE for part in _PARTS)


def _has(block: Block, part: str) -> bool:
    return block.id.level is not Level.UNTIL or part == CUSTOMERS


def _key(zone: str, part: str, block: BlockId) -> str:
    seconds = int((block.start - _EPOCH).total_seconds())
    return f"{zone}|{part}|{block.level}|{seconds:012d}"


def _start(document: Document) -> datetime:
    return _EPOCH + timedelta(seconds=int(document["_id"].rpartition("|")[2]))
