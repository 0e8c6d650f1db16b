"""Loyalty points: every movement once, in whatever order its events come, and none spent twice."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from application.clock import utc_now
from application.loyalty_desk import ABANDONED_AFTER
from application.ports.loyalty import MovementKind, PointsMovement
from application.store import Store
from domain.customer import MAX_REDEMPTIONS
from domain.errors import DuplicateRequest, NotEnoughPoints, StoreUnavailable, VersionConflict
from domain.events import DomainEvent, PointsGivenBackEvent
from domain.order import Order
from domain.repositories import Repository
from tests.builders import confirm
from tests.contract.conftest import OpenStore
from tests.contract.customers import PHONE, Counter, ordered

NOW = utc_now()


@pytest.fixture
def counter(store: Store) -> Counter:
    return Counter(store)


@pytest.fixture
async def other(open_store: OpenStore) -> AsyncIterator[Counter]:
    """Another replica's."""
    async with open_store(10.0) as there:
        yield Counter(there)


async def events_of(store: Store, order: Order) -> list[Any]:
    for claim in await store.outboxes["order"].claim_due("", 500):
        if claim.aggregate_id == order.id:
            return [entry.event for entry in claim.pending]
    raise LookupError(order.id)


async def movements(counter: Counter) -> dict[str, int]:
    found = await counter.store.points.list(await counter.ids.of(PHONE), limit=100)
    return {movement.id: movement.points for movement in found}


async def deliver(counter: Counter, events: Sequence[DomainEvent]) -> None:
    for event in events:
        await counter.points.handle_batch([event])  # type: ignore[list-item]


async def try_to_order(counter: Counter, order: Order) -> bool:
    """Until it is clear whether there are points enough, as the mediator does it."""
    while True:
        try:
            await counter.loyalty.add(order)
        except NotEnoughPoints:
            return False
        except VersionConflict:
            continue
        return True


class Failing:
    """Orders that cannot be added: refused, or with an answer that is lost."""

    def __init__(self, orders: Repository[Order], failure: Exception) -> None:
        self._orders = orders
        self._failure = failure

    async def add(self, order: Order) -> None:
        raise self._failure

    def __getattr__(self, name: str) -> Any:
        return getattr(self._orders, name)


async def test_a_point_is_earned_for_each_whole_unit_when_the_order_is_confirmed(counter: Counter) -> None:
    order = ordered(amount=3_199)
    await counter.meets(order)
    assert await counter.balance() == 0
    confirm(order)
    events = order.raised
    await counter.store.orders.save(order)

    await deliver(counter, events)

    assert await counter.balance() == 31


@pytest.mark.parametrize("order_of_arrival", list(itertools.permutations([0, 1, 2])))
async def test_events_that_come_again_late_and_in_any_order_leave_the_same_ledger(
    counter: Counter, order_of_arrival: Sequence[int]
) -> None:
    await counter.credits(40)
    order = ordered(amount=2_000, points=30)
    await counter.loyalty.add(order)
    confirm(order)
    order.cancel(utc_now(), "no dough")
    await counter.store.orders.save(order)
    events = await events_of(counter.store, order)

    for _ in range(2):
        await deliver(counter, [events[index] for index in order_of_arrival])

    earned = (2_000 - 30 * 5) // 100
    assert (await movements(counter)).items() >= {
        f"{order.id}:redeemed": -30,
        f"{order.id}:given_back": 30,
        f"{order.id}:earned": earned,
        f"{order.id}:taken_back": -earned,
    }.items()
    assert await counter.balance() == 40


async def test_a_batch_with_repeats_in_it_counts_each_once_on_every_replica(counter: Counter, other: Counter) -> None:
    order = await counter.credits(7)
    (confirmed,) = [event for event in await events_of(counter.store, order) if event.aggregate_version == 2]

    await asyncio.gather(*(which.points.handle_batch([confirmed] * 5) for which in (counter, other) * 4))

    assert await other.balance() == 7


async def test_an_order_that_was_never_confirmed_takes_nothing_back(counter: Counter) -> None:
    await counter.credits(7)
    order = ordered()
    await counter.meets(order)
    order.cancel(utc_now(), "changed my mind")
    await counter.store.orders.save(order)

    await deliver(counter, await events_of(counter.store, order))

    assert await counter.balance() == 7


async def test_points_are_gone_the_moment_that_they_are_redeemed_and_go_once(counter: Counter) -> None:
    await counter.credits(100)
    order = ordered(points=60)
    await counter.loyalty.add(order)
    set_aside = await counter.balance()

    await deliver(counter, [event for event in await events_of(counter.store, order) if event.aggregate_version == 1])

    assert set_aside == await counter.balance() == 40
    assert (await counter.store.orders.get(order.id)).state.total_amount == 2_500 - 300


async def test_points_that_reach_the_ledger_while_it_is_read_count_once(counter: Counter) -> None:
    await counter.credits(100)
    order = ordered(points=60)
    placed = order.raised[0]
    await counter.loyalty.add(order)

    class Growing:
        """Looked at twice, and the redemption enters it in between."""

        def __getattr__(self, name: str) -> Any:
            return getattr(counter.store.points, name)

        async def present(self, movement_ids: Sequence[str]) -> set[str]:
            before = await counter.store.points.present(movement_ids)
            await deliver(counter, [placed])
            return before

    account = await counter.loyalty_desk(counter.store.orders, Growing()).account(await counter.profile())

    assert (account.balance, await counter.balance()) == (40, 40)


async def test_what_the_ledger_has_leaves_the_profile_with_the_next_redemption(counter: Counter) -> None:
    await counter.credits(1_000)
    for n in range(MAX_REDEMPTIONS + 5):
        order = ordered(points=10)
        await counter.loyalty.add(order)
        await deliver(counter, await events_of(counter.store, order))
        assert len((await counter.profile()).state.redemptions) == 1
        assert await counter.balance() == 1_000 - 10 * (n + 1)


async def test_nobody_spends_more_than_there_is(counter: Counter) -> None:
    await counter.credits(59)
    order = ordered(points=60)

    with pytest.raises(NotEnoughPoints):
        await counter.loyalty.add(order)

    assert await counter.store.orders.find(order.id) is None
    assert await counter.balance() == 59
    with pytest.raises(NotEnoughPoints):
        await counter.loyalty.add(ordered(phone="+390000000000", points=1))


async def test_concurrent_redemptions_on_two_replicas_never_overspend(counter: Counter, other: Counter) -> None:
    await counter.credits(100)
    orders = [ordered(points=15) for _ in range(20)]

    async def order_and_deliver(n: int, order: Order) -> bool:
        which = (counter, other)[n % 2]
        placed = order.raised[0]
        won = await try_to_order(which, order)
        if won:  # and the ledger hears of it while others still redeem
            await deliver(which, [placed])
        return won

    won = await asyncio.gather(*(order_and_deliver(n, order) for n, order in enumerate(orders)))

    assert sum(won) == 6
    assert await counter.balance() == await other.balance() == 10
    assert sum(points for points in (await movements(counter)).values() if points < 0) == -90


async def test_an_order_that_is_refused_leaves_the_points_where_they_were(counter: Counter) -> None:
    await counter.credits(50)
    loyalty = counter.loyalty_desk(Failing(counter.store.orders, DuplicateRequest("another")))

    with pytest.raises(DuplicateRequest):
        await loyalty.add(ordered(points=50))

    assert await counter.balance() == 50
    assert (await counter.profile()).state.redemptions == ()


async def test_a_repeated_request_takes_its_points_once(counter: Counter) -> None:
    await counter.credits(50)
    first, again = ordered(points=50, key="once"), ordered(points=50, key="once")
    await counter.loyalty.add(first)

    with pytest.raises(DuplicateRequest) as refusal:
        await counter.loyalty.add(again)

    assert refusal.value.aggregate_id == first.id
    assert await counter.balance() == 0


async def test_points_of_an_order_that_never_came_are_held_for_a_while_and_then_given_back(counter: Counter) -> None:
    await counter.credits(50)
    loyalty = counter.loyalty_desk(Failing(counter.store.orders, StoreUnavailable()))
    lost = ordered(points=50)
    with pytest.raises(StoreUnavailable):
        await loyalty.add(lost)
    held = await counter.balance()

    await _long_ago(counter)
    free = await counter.balance()
    await counter.loyalty.add(ordered(points=50))

    assert (held, free, await counter.balance()) == (0, 50, 0)
    given_back = [
        entry.event
        for claim in await counter.store.outboxes["customer"].claim_due("", 10)
        for entry in claim.pending
        if isinstance(entry.event, PointsGivenBackEvent)
    ]
    assert [(event.order_id, event.points) for event in given_back] == [(lost.id, 50)]


async def test_an_order_that_comes_after_its_points_were_given_back_pays_for_them_all_the_same(
    counter: Counter,
) -> None:
    await counter.credits(50)
    profile = await counter.profile()
    sleeper = ordered(points=50)
    placed = sleeper.raised[0]
    profile.redeem(sleeper.id, 50, utc_now() - ABANDONED_AFTER - timedelta(seconds=1))
    await counter.store.customers.save(profile)
    await counter.loyalty.add(ordered(points=30))

    await counter.store.orders.add(sleeper)
    await deliver(counter, [placed])

    assert await counter.balance() == 50 - 30 - 50


async def test_an_old_redemption_whose_order_is_there_is_not_given_back(counter: Counter) -> None:
    await counter.credits(50)
    await counter.loyalty.add(ordered(points=50))

    await _long_ago(counter)

    assert await counter.balance() == 0


async def _long_ago(counter: Counter) -> None:
    """Let the redemptions of the profile be old."""
    profile = await counter.profile()
    long_ago = utc_now() - ABANDONED_AFTER - timedelta(seconds=1)
    profile.state.redemptions = tuple(replace(r, at=long_ago) for r in profile.state.redemptions)
    await counter.store.customers.save(profile)


# The ledger itself


def a_movement(n: int, *, customer_id: str = "anna", kind: MovementKind = MovementKind.EARNED) -> PointsMovement:
    return PointsMovement(
        order_id=f"order-{n}", kind=kind, customer_id=customer_id, points=n, at=NOW + timedelta(minutes=n)
    )


async def test_the_ledger_takes_each_movement_once(store: Store) -> None:
    movement = a_movement(3)
    await asyncio.gather(*(store.points.add([movement, a_movement(4), movement]) for _ in range(5)))
    await store.points.add([])

    assert await store.points.balance("anna") == 7
    assert await store.points.balance("anna", after_order="order-3") == 4
    assert await store.points.balance("anna", without=[movement.id, "other"]) == 4
    assert await store.points.balance("bo") == 0
    assert await store.points.present([movement.id, "order-9:earned"]) == {movement.id}


async def test_movements_are_listed_newest_first_in_pages(store: Store) -> None:
    kept = [a_movement(n) for n in range(1, 6)]
    same_moment = PointsMovement(
        order_id="order-5", kind=MovementKind.TAKEN_BACK, customer_id="anna", points=-5, at=kept[-1].at
    )
    await store.points.add([*kept, same_moment, a_movement(9, customer_id="bo")])
    newest_first = [same_moment, *reversed(kept)]

    seen: list[PointsMovement] = []
    while page := await store.points.list("anna", limit=2, before=seen[-1].id if seen else None):
        seen += page

    assert seen == newest_first
    assert await store.points.list("anna", after_order="order-3", limit=9) == newest_first[:3]
    assert await store.points.list("anna", limit=9, before="nobody:earned") == []
