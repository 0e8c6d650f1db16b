"""One order through a lease and a retry, for tests of clocks that disagree."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from application.clock import steady_now
from application.dispatch.outbox import Claim, Delivery, LaneBacklog, PendingEvent, Settlement
from application.store import Store
from tests.builders import an_order
from tests.contract.test_claiming import claim_eventually


@dataclass(frozen=True, slots=True)
class Retried:
    """`rest` waited as `lane` until it was `due`, and was claimed `again`."""

    due: datetime
    rest: list[PendingEvent]
    lane: LaneBacklog
    again: Claim


async def retried(store: Store) -> Retried:
    """Claim an order whose lease must hold, settle it for a retry that is due soon, and claim it when it is."""
    outbox = store.outboxes["order"]
    await store.orders.add(an_order())
    claim = await claim_eventually(outbox)
    assert await outbox.claim_due("", 10) == []
    due = steady_now() + timedelta(milliseconds=200)
    rest = [PendingEvent(claim.pending[0].event, {"Printer": Delivery(1, due)})]
    await outbox.settle([Settlement(claim, 1, rest, lane="Printer", next_attempt_at=due)])
    (lane,) = await outbox.backlog()
    return Retried(due, rest, lane, await claim_eventually(outbox, "Printer"))
