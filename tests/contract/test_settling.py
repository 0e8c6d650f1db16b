"""Acknowledgements: what is written when handlers are done, and when something is left."""

from datetime import timedelta

from application.clock import utc_now
from application.dispatch.outbox import Delivery, Outbox, Outcome, PendingEvent, Settlement
from application.store import Store
from domain.events import OrderConfirmedEvent
from tests.builders import an_order, confirm


async def test_settling_with_nothing_left_clears_the_document(store: Store, outbox: Outbox) -> None:
    await store.orders.add(an_order())
    (claim,) = await outbox.claim_due("", 10)

    assert await outbox.settle([Settlement(claim, 1)]) == [Outcome.DONE]

    assert await outbox.backlog() == []
    assert await outbox.claim_due("", 10) == []


async def test_a_settlement_changes_neither_state_nor_version(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    loaded = await store.orders.get(order.id)
    (claim,) = await outbox.claim_due("", 10)
    await outbox.settle([Settlement(claim, 1)])

    confirm(loaded)
    await store.orders.save(loaded)

    assert (await store.orders.get(order.id)).state == loaded.state


async def test_after_a_newer_save_the_new_events_come_back_and_nothing_is_lost(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    (claim,) = await outbox.claim_due("", 10)
    confirm(order)
    (confirmed,) = order.raised
    await store.orders.save(order)

    assert await outbox.settle([Settlement(claim, 1)]) == [Outcome.GREW]
    assert [p.event for p in claim.pending][1:] == [confirmed]
    assert len(await outbox.backlog()) == 1
    assert await outbox.settle([Settlement(claim, 2)]) == [Outcome.DONE]
    assert await outbox.backlog() == []


async def test_a_late_acknowledgement_after_a_settled_save_clears_nothing_new(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    (first,) = await outbox.claim_due("", 10)
    assert await outbox.settle([Settlement(first, 1)]) == [Outcome.DONE]
    confirm(order)
    await store.orders.save(order)

    await outbox.settle([Settlement(first, 1)])

    (second,) = await outbox.claim_due("", 10)
    assert [type(p.event) for p in second.pending] == [OrderConfirmedEvent]


async def test_a_rest_is_kept_with_its_lane_its_moment_and_what_is_to_do(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    confirm(order)
    await store.orders.save(order)
    (claim,) = await outbox.claim_due("", 10)
    due = utc_now() - timedelta(seconds=1)
    todo = {"Mailer": Delivery(), "Printer": Delivery(3, due, None, "out of paper")}
    rest = [PendingEvent(claim.pending[1].event, todo)]

    outcome = await outbox.settle([Settlement(claim, 2, rest, lane="Mailer+Printer", next_attempt_at=due)])

    assert outcome == [Outcome.DONE]
    (lane,) = await outbox.backlog()
    assert (lane.lane, lane.documents, lane.oldest) == ("Mailer+Printer", 1, rest[0].event.occurred_at)
    (again,) = await outbox.claim_due("Mailer+Printer", 10)
    assert again.pending == rest
    assert await outbox.count_dead_letters() == 0


async def test_new_events_bring_a_rest_back_to_the_fresh_lane(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    (claim,) = await outbox.claim_due("", 10)
    later = utc_now() + timedelta(hours=1)
    rest = [PendingEvent(claim.pending[0].event, {"Printer": Delivery(1, later)})]
    await outbox.settle([Settlement(claim, 1, rest, lane="Printer", next_attempt_at=later)])
    confirm(order)
    await store.orders.save(order)

    (again,) = await outbox.claim_due("", 10)

    assert [p.todo for p in again.pending] == [{"Printer": Delivery(1, later)}, None]


async def test_a_batch_is_settled_each_on_its_own(store: Store, outbox: Outbox) -> None:
    done, grown, left, lost = orders = [an_order() for _ in range(4)]
    for order in orders:
        await store.orders.add(order)
    claims = {claim.aggregate_id: claim for claim in await outbox.claim_due("", 10)}
    confirm(grown)
    await store.orders.save(grown)
    claims[lost.id].token = "somebody-else"
    rest = [PendingEvent(claims[left.id].pending[0].event, {"Printer": Delivery()})]

    outcomes = await outbox.settle(
        [
            Settlement(claims[lost.id], 1),
            Settlement(claims[left.id], 1, rest, lane="Printer", next_attempt_at=utc_now()),
            Settlement(claims[grown.id], 1),
            Settlement(claims[done.id], 1),
        ]
    )

    assert outcomes == [Outcome.LOST, Outcome.DONE, Outcome.GREW, Outcome.DONE]
    assert {lane.lane: lane.documents for lane in await outbox.backlog()} == {"": 2, "Printer": 1}


async def test_one_claim_cannot_be_settled_under_the_token_of_another(store: Store, outbox: Outbox) -> None:
    for _ in range(2):
        await store.orders.add(an_order())
    one, other = await outbox.claim_due("", 10)
    own = one.token
    one.token = other.token

    outcomes = await outbox.settle([Settlement(one, 1), Settlement(other, 1)])

    assert outcomes == [Outcome.LOST, Outcome.DONE]
    one.token = own
    assert await outbox.settle([Settlement(one, 1)]) == [Outcome.DONE]


async def test_the_backlog_tells_per_lane_how_many_wait_and_since_when(store: Store, outbox: Outbox) -> None:
    assert await outbox.backlog() == []
    before = utc_now() - timedelta(seconds=5)
    orders = [an_order() for _ in range(3)]
    for order in orders:
        await store.orders.add(order)
    claims = await outbox.claim_due("", 2)
    rest = [PendingEvent(claims[0].pending[0].event, {"Printer": Delivery()})]
    await outbox.settle([Settlement(claims[0], 1, rest, lane="Printer", next_attempt_at=utc_now())])

    backlog = {lane.lane: lane for lane in await outbox.backlog()}

    assert {name: lane.documents for name, lane in backlog.items()} == {"": 2, "Printer": 1}
    assert all(before < lane.oldest <= utc_now() + timedelta(seconds=5) for lane in backlog.values())


async def test_a_later_save_does_not_make_the_backlog_look_younger(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    (since_the_first,) = [lane.oldest for lane in await outbox.backlog()]
    confirm(order)
    await store.orders.save(order)

    assert [lane.oldest for lane in await outbox.backlog()] == [since_the_first]
