"""Leases: who may deliver what, for how long, and what becomes of a claim whose time has passed."""

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta

from application.clock import utc_now
from application.dispatch.outbox import Claim, Delivery, Outbox, Outcome, PendingEvent, Settlement
from application.store import Store
from domain.events import OrderEvent
from tests.builders import an_order, confirm
from tests.contract.conftest import OpenStore
from tests.contract.recording import RecordingDeliveries
from tests.waiting import eventually

SHORT_LEASE = 0.4


def waiting(claim: Claim, handler: str = "Printer") -> list[PendingEvent]:
    """The claim's events, each still to be delivered to one handler."""
    return [PendingEvent(p.event, {handler: Delivery(attempts=1)}) for p in claim.pending]


async def claim_eventually(outbox: Outbox, lane: str = "") -> Claim:
    claims: list[Claim] = []

    async def claimed() -> bool:
        claims.extend(await outbox.claim_due(lane, 10))
        return bool(claims)

    await eventually(claimed)
    return claims[0]


async def test_of_two_relays_on_one_store_one_wins_each_document(open_store: OpenStore) -> None:
    async with open_store(10.0) as here, open_store(10.0) as there:
        orders = [an_order() for _ in range(40)]
        for order in orders:
            await here.orders.add(order)

        rounds = await asyncio.gather(
            *(store.outboxes["order"].claim_due("", 15) for store in (here, there) for _ in range(4))
        )
        rounds.append(await there.outboxes["order"].claim_due("", 100))

    claimed = [claim.aggregate_id for claims in rounds for claim in claims]
    assert sorted(claimed) == sorted(order.id for order in orders)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromALaterReleaseEvent(OrderEvent):
    """An event that this release does not know."""


async def test_events_of_a_later_release_stay_and_hold_nobody_else_up(store: Store, outbox: Outbox) -> None:
    readable, unreadable = an_order(), an_order()
    unreadable._raise(
        FromALaterReleaseEvent(event_id="later", occurred_at=utc_now(), aggregate_id=unreadable.id, aggregate_version=2)
    )
    await store.orders.add(unreadable)
    await store.orders.add(readable)

    claims = await outbox.claim_due("", 10)

    assert [claim.aggregate_id for claim in claims] == [readable.id]
    assert sum(lane.documents for lane in await outbox.backlog()) == 2


async def test_every_claim_has_a_token_of_its_own(store: Store, outbox: Outbox) -> None:
    for _ in range(5):
        await store.orders.add(an_order())

    claims = await outbox.claim_due("", 10)

    assert len({claim.token for claim in claims}) == 5


async def test_the_longest_due_is_claimed_first(store: Store, outbox: Outbox) -> None:
    now = utc_now()
    orders = [an_order() for _ in range(4)]
    for order in orders:
        await store.orders.add(order)
    for claim in await outbox.claim_due("", 10):
        minutes = {orders[0].id: 2, orders[1].id: 4, orders[2].id: 1, orders[3].id: 3}[claim.aggregate_id]
        due = now - timedelta(minutes=minutes)
        await outbox.settle([Settlement(claim, 1, waiting(claim), lane="Printer", next_attempt_at=due)])

    first = await outbox.claim_due("Printer", 2)
    second = await outbox.claim_due("Printer", 10)

    assert [claim.aggregate_id for claim in first] == [orders[1].id, orders[3].id]
    assert [claim.aggregate_id for claim in second] == [orders[0].id, orders[2].id]


async def test_what_is_not_due_yet_is_not_claimed(store: Store, outbox: Outbox) -> None:
    await store.orders.add(an_order())
    (claim,) = await outbox.claim_due("", 10)
    due = utc_now() + timedelta(hours=1)
    await outbox.settle([Settlement(claim, 1, waiting(claim), lane="Printer", next_attempt_at=due)])

    assert await outbox.claim_due("Printer", 10) == []


async def test_a_lane_gives_only_what_waits_in_it(store: Store, outbox: Outbox) -> None:
    await store.orders.add(an_order())
    (claim,) = await outbox.claim_due("", 10)
    await outbox.settle([Settlement(claim, 1, waiting(claim), lane="Printer", next_attempt_at=utc_now())])

    assert await outbox.claim_due("", 10) == []
    assert await outbox.claim_due("Mailer", 10) == []
    assert len(await outbox.claim_due("Printer", 10)) == 1


async def test_an_expired_lease_can_be_claimed_and_its_old_holder_changes_nothing(open_store: OpenStore) -> None:
    async with open_store(SHORT_LEASE) as store:
        outbox = store.outboxes["order"]
        order = an_order()
        await store.orders.add(order)
        (late,) = await outbox.claim_due("", 10)
        current = await claim_eventually(outbox)

        assert current.token != late.token
        rest = Settlement(late, 1, waiting(late), lane="Printer", next_attempt_at=utc_now())
        assert await outbox.settle([Settlement(late, 1)]) == [Outcome.LOST]
        assert await outbox.settle([rest]) == [Outcome.LOST]
        assert await outbox.renew([late]) == [Outcome.LOST]
        assert await outbox.claim_due("Printer", 10) == []
        assert await outbox.renew([current]) == [Outcome.DONE]
        assert [p.event for p in current.pending] == [p.event for p in late.pending]
        assert await outbox.settle([Settlement(current, 1)]) == [Outcome.DONE]


async def test_a_lease_taken_by_a_save_expires_like_any_other(open_store: OpenStore) -> None:
    async with open_store(SHORT_LEASE) as store:
        deliveries = RecordingDeliveries()
        store.attach(deliveries)
        await store.orders.add(an_order())
        outbox = store.outboxes["order"]

        current = await claim_eventually(outbox)

        assert await outbox.settle([Settlement(deliveries.claims[0], 1)]) == [Outcome.LOST]
        assert await outbox.settle([Settlement(current, 1)]) == [Outcome.DONE]


async def test_renewing_keeps_a_lease_past_its_first_end(open_store: OpenStore) -> None:
    async with open_store(SHORT_LEASE) as store:
        outbox = store.outboxes["order"]
        await store.orders.add(an_order())
        (claim,) = await outbox.claim_due("", 10)
        first_end = claim.expires

        while time.monotonic() < first_end + SHORT_LEASE / 2:
            assert await outbox.renew([claim]) == [Outcome.DONE]
            assert await outbox.claim_due("", 10) == []
            await asyncio.sleep(0.05)

        assert claim.expires > first_end
        assert await outbox.settle([Settlement(claim, 1)]) == [Outcome.DONE]


async def test_renewing_many_tells_for_each_what_became_of_it(store: Store, outbox: Outbox) -> None:
    held, grown, settled = [an_order() for _ in range(3)]
    for order in (held, grown, settled):
        await store.orders.add(order)
    by_id = {claim.aggregate_id: claim for claim in await outbox.claim_due("", 10)}
    confirm(grown)
    await store.orders.save(grown)
    await outbox.settle([Settlement(by_id[settled.id], 1)])

    outcomes = await outbox.renew([by_id[order.id] for order in (held, grown, settled)])

    assert outcomes == [Outcome.DONE, Outcome.GREW, Outcome.LOST]
    assert [p.event.aggregate_version for p in by_id[grown.id].pending] == [1, 2]
    assert await outbox.settle([Settlement(by_id[grown.id], 2)]) == [Outcome.DONE]


async def test_a_released_claim_is_due_at_once_for_anybody_as_it_was(store: Store, outbox: Outbox) -> None:
    orders = [an_order() for _ in range(3)]
    for order in orders:
        await store.orders.add(order)
    held = await outbox.claim_due("", 10)

    await outbox.release(held[:2])

    again = await outbox.claim_due("", 10)
    assert {claim.aggregate_id for claim in again} == {claim.aggregate_id for claim in held[:2]}
    assert [p.todo for claim in again for p in claim.pending] == [None, None]
    assert await outbox.settle([Settlement(claim, 1) for claim in held]) == [Outcome.LOST, Outcome.LOST, Outcome.DONE]


async def test_a_claim_that_was_lost_releases_nothing(store: Store, outbox: Outbox) -> None:
    await store.orders.add(an_order())
    (lost,) = await outbox.claim_due("", 10)
    await outbox.release([lost])
    (current,) = await outbox.claim_due("", 10)

    await outbox.release([lost])

    assert await outbox.claim_due("", 10) == []
    assert await outbox.settle([Settlement(current, 1)]) == [Outcome.DONE]


async def test_a_lease_under_which_nothing_waits_is_no_backlog_until_something_does(
    store: Store, outbox: Outbox
) -> None:
    """Found by the model: a second click on "redrive" leased an order that had nothing left, and no backlog could be
    measured any more."""
    order = an_order()
    await store.orders.add(order)
    (claim,) = await outbox.claim_due("", 10)
    await outbox.settle([Settlement(claim, 1)])
    repair = await outbox.take_for_repair(order.id)
    assert repair is not None
    assert await outbox.backlog() == []

    confirm(order)
    await store.orders.save(order)

    (lane,) = await outbox.backlog()
    assert lane.documents == 1
    assert abs(lane.oldest - utc_now()) < timedelta(minutes=1)
