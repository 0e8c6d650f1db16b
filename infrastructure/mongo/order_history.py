"""Orders of the past: each with its events in one document, which then are logged, counted, and let go."""

import asyncio
from collections.abc import Collection, Sequence

from application.analytics.facts import OrderFact
from application.clock import steady_now
from application.dispatch.outbox import FRESH_LANE, LANE_SEPARATOR, Claim, Delivery, Outbox, PendingEvent, Settlement
from application.events.analytics import OrderFactsHandler
from application.events.audit import AuditTrailHandler
from application.ports.history import PastOrder
from domain.errors import DuplicateId, DuplicateRequest
from domain.events import DomainEvent
from infrastructure.mongo import client
from infrastructure.mongo.coalescer import InsertCoalescer
from infrastructure.mongo.errors import store_errors
from infrastructure.mongo.event_log import MongoEventLog
from infrastructure.mongo.lease import Lease, Leases
from infrastructure.mongo.order_facts import MongoOrderFacts
from infrastructure.serialization import pending_from_document, pending_to_document, to_document
from infrastructure.tokens import new_token

#: Who makes the record. Should this process die, these are told as of any event, by whichever process delivers.
RECORD = (AuditTrailHandler.__name__, OrderFactsHandler.__name__)


class MongoOrderHistory:
    """Implements `application.ports.history.OrderHistory`, with no transaction: the documents know what is to do."""

    def __init__(
        self,
        orders: client.Collection,
        *,
        inserts: InsertCoalescer,
        leases: Leases,
        outbox: Outbox,
        log: MongoEventLog,
        facts: MongoOrderFacts,
    ) -> None:
        self._orders = orders
        self._inserts = inserts
        self._leases = leases
        self._outbox = outbox
        self._log = log
        self._facts = facts

    async def add(self, batch: Sequence[PastOrder], *, tell: Collection[str] = ()) -> list[bool]:
        lease = self._leases.make()
        outcomes = await asyncio.gather(
            *(self._inserts.insert(self._document(past, lease, tell)) for past in batch), return_exceptions=True
        )
        for outcome in outcomes:
            if outcome and not isinstance(outcome, DuplicateId | DuplicateRequest):
                raise outcome
        written = [outcome is None for outcome in outcomes]
        fresh = [past for past, new in zip(batch, written, strict=True) if new]
        unfinished, facts = await self._unfinished([past for past, new in zip(batch, written, strict=True) if not new])
        await self._log.append([event for past in fresh for event in past.order.raised] + unfinished)
        await self._facts.apply([past.fact for past in fresh] + facts)
        if fresh:
            await self._outbox.settle([self._settlement(past, lease, tell) for past in fresh])
        return written

    def _document(self, past: PastOrder, lease: Lease, tell: Collection[str]) -> client.Document:
        order = past.order
        pending = [PendingEvent(event, {name: Delivery() for name in (*RECORD, *tell)}) for event in order.raised]
        return {
            "_id": order.id,
            "version": order.next_version,
            "state": to_document(order.state),
            # The last one tells this write from that of another run, whose events have the same ids.
            "event_ids": [*(event.event_id for event in order.raised), new_token()],
            "pending": [pending_to_document(entry) for entry in pending],
            "pending_since": self._leases.clock.now(),
            "lane": FRESH_LANE,
            "next_attempt_at": lease.until,
            "lease": f"{lease.token}/{order.id}",
        }

    async def _unfinished(self, known: Sequence[PastOrder]) -> tuple[list[DomainEvent], list[OrderFact]]:
        """Of orders that are there already: what an import that was killed has not recorded."""
        if not known:
            return [], []
        by_id = {past.order.id: past for past in known}
        waiting = {"_id": {"$in": list(by_id)}, "pending.0": {"$exists": True}}
        with store_errors():
            found = await self._orders.find(waiting, {"pending": 1}).to_list(None)
        events: list[DomainEvent] = []
        facts = []
        for document in found:
            pending = [pending_from_document(entry) for entry in document["pending"]]
            if any(set(RECORD) & (entry.todo or {}).keys() for entry in pending):
                events += [entry.event for entry in pending]
                facts.append(by_id[document["_id"]].fact)
        return events, facts

    def _settlement(self, past: PastOrder, lease: Lease, tell: Collection[str]) -> Settlement:
        pending = [PendingEvent(event) for event in past.order.raised]
        claim = Claim(self._leases.kind, past.order.id, f"{lease.token}/{past.order.id}", lease.expires, pending)
        if not tell:
            return Settlement(claim, len(pending))
        rest = [PendingEvent(event, {name: Delivery() for name in tell}) for event in past.order.raised]
        return Settlement(claim, len(pending), rest, LANE_SEPARATOR.join(sorted(tell)), steady_now())
