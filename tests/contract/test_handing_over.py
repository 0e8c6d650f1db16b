"""A save writes state and events together, takes the lease in the same write, and hands the events over."""

import asyncio
import time
from dataclasses import replace

from application.clock import utc_now
from application.dispatch.outbox import Outbox, Outcome, Settlement
from application.store import Store
from domain.events import CookingStartedEvent, OrderConfirmedEvent, OrderPlacedEvent
from tests.builders import LUIGI, an_order, confirm
from tests.contract.recording import RecordingDeliveries


async def test_a_new_order_is_handed_over_under_its_lease_with_its_event(store: Store, outbox: Outbox) -> None:
    deliveries = RecordingDeliveries()
    store.attach(deliveries)
    order = an_order()
    (placed,) = order.raised

    await store.orders.add(order)

    (claim,) = deliveries.claims
    assert (claim.kind, claim.aggregate_id, [p.event for p in claim.pending]) == ("order", order.id, [placed])
    assert claim.expires > time.monotonic()
    assert await outbox.claim_due("", 10) == []
    assert await outbox.settle([Settlement(claim, 1)]) == [Outcome.DONE]


async def test_a_save_takes_the_lease_and_hands_over_all_that_waits(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    deliveries = RecordingDeliveries()
    store.attach(deliveries)
    confirm(order)
    order.start_cooking(utc_now(), LUIGI)

    await store.orders.save(order)

    (claim,) = deliveries.claims
    assert [type(p.event) for p in claim.pending] == [OrderPlacedEvent, OrderConfirmedEvent, CookingStartedEvent]
    assert [p.event.aggregate_version for p in claim.pending] == [1, 2, 3]
    assert await outbox.claim_due("", 10) == []
    assert await outbox.settle([Settlement(claim, 3)]) == [Outcome.DONE]
    assert await outbox.backlog() == []


async def test_a_save_under_a_lease_that_is_held_only_adds_its_events_and_tells(store: Store, outbox: Outbox) -> None:
    deliveries = RecordingDeliveries()
    store.attach(deliveries)
    order = an_order()
    await store.orders.add(order)
    loaded = await store.orders.get(order.id)
    confirm(loaded)

    await store.orders.save(loaded)

    (claim,) = deliveries.claims
    assert deliveries.notified == [("order", order.id)]
    assert await outbox.settle([Settlement(claim, 1)]) == [Outcome.GREW]
    assert [type(p.event) for p in claim.pending] == [OrderPlacedEvent, OrderConfirmedEvent]


async def test_a_lease_released_between_load_and_save_is_taken(store: Store, outbox: Outbox) -> None:
    deliveries = RecordingDeliveries()
    store.attach(deliveries)
    order = an_order()
    await store.orders.add(order)
    loaded = await store.orders.get(order.id)
    await outbox.settle([Settlement(deliveries.claims.pop(), 1)])
    confirm(loaded)

    await store.orders.save(loaded)

    (claim,) = deliveries.claims
    assert [type(p.event) for p in claim.pending] == [OrderConfirmedEvent]


async def test_a_lease_taken_between_load_and_save_is_respected(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    loaded = await store.orders.get(order.id)
    (theirs,) = await outbox.claim_due("", 10)
    deliveries = RecordingDeliveries()
    store.attach(deliveries)
    confirm(loaded)

    await store.orders.save(loaded)

    assert deliveries.claims == []
    assert deliveries.notified == [("order", order.id)]
    assert await outbox.settle([Settlement(theirs, 1)]) == [Outcome.GREW]


async def test_what_was_settled_between_load_and_save_is_not_handed_over_again(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    loaded = await store.orders.get(order.id)
    (theirs,) = await outbox.claim_due("", 10)
    await outbox.settle([Settlement(theirs, 1)])
    deliveries = RecordingDeliveries()
    store.attach(deliveries)
    confirm(loaded)

    await store.orders.save(loaded)

    (claim,) = deliveries.claims
    assert [type(p.event) for p in claim.pending] == [OrderConfirmedEvent]
    assert await outbox.settle([Settlement(claim, 1)]) == [Outcome.DONE]


async def test_without_room_the_events_are_due_at_once_for_whoever_sweeps(store: Store, outbox: Outbox) -> None:
    deliveries = RecordingDeliveries(free=0)
    store.attach(deliveries)
    order = an_order()
    await store.orders.add(order)
    confirm(order)
    await store.orders.save(order)

    assert deliveries.claims == []
    (claim,) = await outbox.claim_due("", 10)
    assert [type(p.event) for p in claim.pending] == [OrderPlacedEvent, OrderConfirmedEvent]


async def test_a_save_without_events_hands_nothing_over_and_leaves_what_waits(store: Store, outbox: Outbox) -> None:
    order = an_order()
    await store.orders.add(order)
    deliveries = RecordingDeliveries()
    store.attach(deliveries)

    await store.orders.save(order)

    assert deliveries.claims == []
    (claim,) = await outbox.claim_due("", 10)
    assert [type(p.event) for p in claim.pending] == [OrderPlacedEvent]


async def test_events_come_back_as_they_were_raised(store: Store, outbox: Outbox) -> None:
    order = an_order(notes="half olives", email="anna@example.org")
    raised = list(order.raised)
    await store.orders.add(order)
    confirm(order)
    order.start_cooking(utc_now(), LUIGI)
    order.mark_ready(utc_now(), LUIGI)
    order.collect(utc_now())
    raised += order.raised
    await store.orders.save(order)

    (claim,) = await outbox.claim_due("", 10)

    assert [p.event for p in claim.pending] == raised
    assert all(p.todo is None for p in claim.pending)


async def test_racing_saves_and_settlements_lose_no_event(store: Store, outbox: Outbox) -> None:
    deliveries = RecordingDeliveries()
    store.attach(deliveries)
    order = an_order()
    await store.orders.add(order)
    delivered: list[int] = []
    finished = asyncio.Event()

    async def save() -> None:
        for number in range(30):
            order._raise(replace(an_order().raised[0], aggregate_id=order.id, aggregate_version=number + 2))
            await store.orders.save(order)
        finished.set()

    async def deliver() -> None:
        while deliveries.claims or not finished.is_set():
            for claim in [deliveries.claims.pop(0) for _ in range(len(deliveries.claims))]:
                while await outbox.settle([Settlement(claim, len(claim.pending))]) == [Outcome.GREW]:
                    pass
                delivered.extend(p.event.aggregate_version for p in claim.pending)
            await asyncio.sleep(0)

    await asyncio.gather(save(), deliver())

    assert sorted(delivered) == list(range(1, 32))
    assert await outbox.backlog() == []
