"""Acknowledging claims: many in one write, fenced by their leases, and certain about what was written."""

from collections.abc import Sequence
from datetime import datetime

import bson
from pymongo import UpdateOne
from pymongo.errors import OperationFailure

from application.dispatch.outbox import Claim, Outcome, Settlement
from infrastructure.mongo.client import Collection, Document
from infrastructure.mongo.lease import Leases

CLEARED: Document = {
    "$set": {"pending": []},
    "$unset": dict.fromkeys(("lane", "lease", "next_attempt_at", "pending_since", "parked_at"), ""),
}


class Settling:
    """One batch of settlements on its way. `attempt` may be run again: it writes only what is not written yet."""

    def __init__(self, collection: Collection, leases: Leases, settlements: Sequence[Settlement]) -> None:
        self._collection = collection
        self._leases = leases
        self._settlements = settlements
        self._outcomes: dict[int, Outcome] = {}
        self._rests = {
            index: leases.to_documents(settlement.rest)
            for index, settlement in enumerate(settlements)
            if settlement.rest
        }

    async def attempt(self) -> list[Outcome]:
        await self._clear()
        await self._write_rests()
        return [self._outcomes[index] for index in range(len(self._settlements))]

    async def _clear(self) -> None:
        """Those with nothing left: one write for all that know of the same number of events."""
        by_count: dict[int, list[int]] = {}
        for index, settlement in enumerate(self._settlements):
            if index not in self._rests and index not in self._outcomes:
                by_count.setdefault(settlement.known, []).append(index)
        for count, indexes in by_count.items():
            claims = [self._settlements[index].claim for index in indexes]
            held = {
                "_id": {"$in": [claim.aggregate_id for claim in claims]},
                "lease": {"$in": [claim.token for claim in claims]},
                "pending": {"$size": count},
            }
            result = await self._collection.update_many(held, CLEARED)
            await self._conclude(indexes, result.matched_count)

    async def _write_rests(self) -> None:
        indexes = [index for index in self._rests if index not in self._outcomes]
        if indexes:
            result = await self._collection.bulk_write([self._rest_write(index) for index in indexes], ordered=False)
            await self._conclude(indexes, result.matched_count)

    def _rest_write(self, index: int) -> UpdateOne:
        settlement, clock = self._settlements[index], self._leases.clock
        claim, oldest = settlement.claim, settlement.rest[0].event
        fields: dict[str, str | datetime | None] = {
            "lane": None if settlement.next_attempt_at is None else settlement.lane,
            "next_attempt_at": settlement.next_attempt_at and settlement.next_attempt_at + clock.ahead,
            "parked_at": settlement.parked_at,
        }
        kept = {name: value for name, value in fields.items() if value is not None}
        gone = {"lease": ""} | {name: "" for name, value in fields.items() if value is None}
        held = {"_id": claim.aggregate_id, "lease": claim.token, "pending": {"$size": settlement.known}}
        update: Document = {"$set": {"pending": self._rests[index], **kept}, "$unset": gone}
        if oldest.event_id != claim.pending[0].event.event_id:
            # What has waited longest is done: now the next one's age counts, as far as it can be told.
            update["$max"] = {"pending_since": clock.waiting_since(oldest.occurred_at)}
        return UpdateOne(held, update)

    async def _conclude(self, indexes: list[int], matched: int) -> None:
        """Note the outcomes; where fewer were found than sent, look which, and why."""
        if matched == len(indexes):
            self._outcomes.update(dict.fromkeys(indexes, Outcome.DONE))
            return
        ids = [self._settlements[index].claim.aggregate_id for index in indexes]
        found = self._collection.find({"_id": {"$in": ids}}, {"lease": 1, "pending": 1})
        by_id = {document["_id"]: document for document in await found.to_list(None)}
        unwritten = False
        for index in indexes:
            document = by_id.get(self._settlements[index].claim.aggregate_id)
            outcome = self._outcome(index, document) if document else Outcome.LOST
            if outcome is None:
                unwritten = True
            else:
                self._outcomes[index] = outcome
        if unwritten:
            raise OperationFailure("not every acknowledgement was written")

    def _outcome(self, index: int, document: Document) -> Outcome | None:
        """What became of one; None where it could have been written but was not."""
        settlement = self._settlements[index]
        claim = settlement.claim
        if document.get("lease") != claim.token:
            return Outcome.DONE if self._is_written(index, document) else Outcome.LOST
        more = len(document["pending"]) - settlement.known
        if more > 0:
            take_in_new(claim, document, self._leases)
            return Outcome.GREW
        return None if more == 0 else Outcome.LOST

    def _is_written(self, index: int, document: Document) -> bool:
        """Whether what waits under another lease, or none, is what this settlement left of its events."""
        left = {entry["data"]["event_id"]: bson.encode(entry) for entry in self._rests.get(index, ())}
        settlement = self._settlements[index]
        ours = {entry.event.event_id for entry in settlement.claim.pending[: settlement.known]}
        waiting = [entry for entry in document["pending"] if entry["data"]["event_id"] in ours]
        return all(bson.encode(entry) == left.get(entry["data"]["event_id"]) for entry in waiting)


def take_in_new(claim: Claim, document: Document, leases: Leases) -> None:
    """Append to the claim what was saved since it was made."""
    claim.pending += leases.from_documents(document["pending"][len(claim.pending) :])
