"""Pending events in their aggregates' documents: claimed, renewed and acknowledged under leases."""

import contextlib
import functools
from collections.abc import Sequence

from pymongo import ReturnDocument
from pymongo.errors import AutoReconnect

from application.dispatch.outbox import FRESH_LANE, Claim, DeadLetter, LaneBacklog, Outcome, Settlement
from infrastructure.claims import readable_claim
from infrastructure.mongo import dead_letters
from infrastructure.mongo.client import Collection, Document, aggregate
from infrastructure.mongo.errors import persist, store_errors
from infrastructure.mongo.lease import Leases
from infrastructure.mongo.settling import Settling, take_in_new

# Where a partial index is to serve, the query says that the field exists, even if that follows: not every server's
# planner draws the conclusion.
# `pending_since` is missing where nothing waits and a repairer has but looked.
WAITING = {"lane": {"$exists": True}, "next_attempt_at": {"$exists": True}, "pending_since": {"$exists": True}}


class MongoOutbox:
    def __init__(self, collection: Collection, leases: Leases) -> None:
        self._collection = collection
        self._leases = leases

    async def claim_due(self, lane: str, limit: int) -> list[Claim]:
        """The write holds the leases that were read, and that they are due: one relay wins each document."""
        lease = self._leases.make()
        due = {"next_attempt_at": {"$lte": self._leases.clock.now(), "$exists": True}}
        with store_errors():
            cursor = self._collection.find({"lane": lane, **due}, {"lease": 1}).sort("next_attempt_at", 1)
            found = await cursor.limit(limit).to_list(None)
            if not found:
                return []
            ids = [document["_id"] for document in found]
            as_read = {"_id": {"$in": ids}, "lease": {"$in": list({document.get("lease") for document in found})}}
            # The document's id goes into its token, so that each token is one document's.
            token: Document = {"$concat": [f"{lease.token}/", "$_id"]}
            with contextlib.suppress(AutoReconnect):  # what was taken is found by its token, answer or not
                await self._collection.update_many(
                    {**as_read, **due}, [{"$set": {"lease": token, "next_attempt_at": lease.until}}]
                )
            tokens = [f"{lease.token}/{document_id}" for document_id in ids]
            won = await self._collection.find(
                {"_id": {"$in": ids}, "lease": {"$in": tokens}}, {"lease": 1, "pending": 1}
            ).to_list(None)
        by_id = {document["_id"]: document for document in won}
        claims = [self._claim(by_id[document_id], lease.expires) for document_id in ids if document_id in by_id]
        return [claim for claim in claims if claim]

    async def take_for_repair(self, aggregate_id: str) -> Claim | None:
        lease = self._leases.make()
        expired = {"next_attempt_at": {"$lte": self._leases.clock.now()}}
        taken_by_a_try_before = {"lease": lease.token}
        free = [{"lease": None}, expired, taken_by_a_try_before]
        document = await persist(
            lambda: self._collection.find_one_and_update(
                {"_id": aggregate_id, "$or": free},
                {"$set": {"lease": lease.token, "next_attempt_at": lease.until, "lane": FRESH_LANE}},
                {"lease": 1, "pending": 1},
                return_document=ReturnDocument.AFTER,
            )
        )
        return None if document is None else self._claim(document, lease.expires)

    async def settle(self, settlements: Sequence[Settlement]) -> list[Outcome]:
        settling = Settling(self._collection, self._leases, settlements)
        return await persist(settling.attempt)

    async def renew(self, claims: Sequence[Claim]) -> list[Outcome]:
        lease = self._leases.make()
        held = {"_id": {"$in": [c.aggregate_id for c in claims]}, "lease": {"$in": [c.token for c in claims]}}
        until = {"$set": {"next_attempt_at": lease.until}}
        await persist(lambda: self._collection.update_many(held, until))
        changed = await self._changed(claims)
        return [self._renewed(claim, lease.expires, changed.get(claim.aggregate_id)) for claim in claims]

    async def _changed(self, claims: Sequence[Claim]) -> dict[str, Document]:
        """Of the claims' documents those that are not as the claim knows them."""
        by_count: dict[int, list[Claim]] = {}
        for claim in claims:
            by_count.setdefault(len(claim.pending), []).append(claim)
        changed: dict[str, Document] = {}
        with store_errors():
            for count, group in by_count.items():
                differs = [
                    {"lease": {"$nin": [claim.token for claim in group]}},
                    {"pending": {"$not": {"$size": count}}},
                ]
                ids = [claim.aggregate_id for claim in group]
                found = self._collection.find({"_id": {"$in": ids}, "$or": differs}, {"lease": 1, "pending": 1})
                changed |= {document["_id"]: document for document in await found.to_list(None)}
        return changed

    def _renewed(self, claim: Claim, expires: float, changed: Document | None) -> Outcome:
        if changed is not None and changed.get("lease") != claim.token:
            return Outcome.LOST
        claim.expires = expires
        if changed is None:
            return Outcome.DONE
        take_in_new(claim, changed, self._leases)
        return Outcome.GREW

    async def release(self, claims: Sequence[Claim]) -> None:
        held = {"_id": {"$in": [c.aggregate_id for c in claims]}, "lease": {"$in": [c.token for c in claims]}}
        free = {"$set": {"next_attempt_at": self._leases.clock.now()}, "$unset": {"lease": ""}}
        await persist(lambda: self._collection.update_many(held, free))

    async def backlog(self) -> list[LaneBacklog]:
        skew = self._leases.clock.skew
        by_lane = {"_id": "$lane", "documents": {"$sum": 1}, "oldest": {"$min": "$pending_since"}}
        with store_errors():
            found = await aggregate(self._collection, [{"$match": WAITING}, {"$group": by_lane}])
        return [LaneBacklog(lane["_id"], lane["documents"], lane["oldest"] - skew) for lane in found]

    async def dead_letters(self, limit: int, after: str | None = None) -> list[DeadLetter]:
        with store_errors():
            return await dead_letters.page(self._collection, self._leases.kind, limit, after)

    async def count_dead_letters(self) -> int:
        with store_errors():
            return await self._collection.count_documents(dead_letters.PARKED)

    def _claim(self, document: Document, expires: float) -> Claim | None:
        read = functools.partial(self._leases.from_documents, document["pending"])
        return readable_claim(self._leases.kind, document["_id"], document["lease"], expires, read)
