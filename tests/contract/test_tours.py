"""Tours and their orders agree, whoever moves them at the same time and however often events come."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from application.clock import utc_now
from application.commands.change_order import OrderChanger
from application.commands.hand_over_order import DispatchOrderCommandHandler
from application.commands.start_tour import StartTourCommand, StartTourCommandHandler
from application.events.delivery import TourDispatchHandler, TourStopHandler
from application.store import Store
from application.tour_desk import TourDesk
from domain.driver import Driver, StopStatus
from domain.errors import (
    AlreadyAssigned,
    DomainError,
    DriverOnTour,
    IllegalMove,
    NotADelivery,
    StoreUnavailable,
    UnknownOrder,
)
from domain.events import (
    DomainEvent,
    OrderCancelledEvent,
    OrderDeliveredEvent,
    OrderShippedEvent,
    TourStartedEvent,
)
from domain.order import Order
from domain.order_lifecycle import OrderStatus
from domain.order_state import Fulfilment
from domain.repositories import Repository
from tests.builders import DELIVERY, LUIGI, PICKUP, an_order
from tests.contract.conftest import LEASE_SECONDS, OpenStore

LUIGIS, MARIAS = "driver-luigi", "driver-maria"
RACES = 15


@dataclass(slots=True)
class Replica:
    """One process of several on a store; nothing is delivered but what a test delivers."""

    store: Store

    @property
    def desk(self) -> TourDesk:
        return TourDesk(self.store.drivers, self.store.orders, self.dispatch)

    @property
    def dispatch(self) -> DispatchOrderCommandHandler:
        return DispatchOrderCommandHandler(OrderChanger(self.store.orders))

    async def start(self, driver_id: str, *order_ids: str) -> None:
        handler = StartTourCommandHandler(self.store.drivers, self.store.orders, self.desk)
        await handler.handle(StartTourCommand(driver_id=driver_id, order_ids=order_ids))

    async def deliver(self, *events: DomainEvent) -> None:
        """Hand events to the reactions, as the dispatcher would."""
        for event in events:
            if isinstance(event, TourStartedEvent):
                await TourDispatchHandler(self.desk).deliver([event])
            elif isinstance(event, OrderDeliveredEvent | OrderCancelledEvent):
                await TourStopHandler(self.desk).deliver([event])


class Interrupted:
    """A repository that is slow once: in the very moment before it finds, gets or saves, something else happens."""

    def __init__(
        self, repository: Repository[Any], call: str, interruption: Callable[[], Awaitable[None]], *, at: int = 1
    ) -> None:
        self._repository = repository
        self._call = call
        self._interruption = interruption
        self._countdown = at

    def __getattr__(self, call: str) -> Any:
        async def interrupted(*arguments: object) -> Any:
            if call == self._call:
                self._countdown -= 1
                if self._countdown == 0:
                    await self._interruption()
            return await getattr(self._repository, call)(*arguments)

        return interrupted


@pytest.fixture
async def replicas(open_store: OpenStore) -> AsyncIterator[list[Replica]]:
    async with AsyncExitStack() as stack:
        yield [Replica(await stack.enter_async_context(open_store(LEASE_SECONDS))) for _ in range(2)]


@pytest.fixture
async def replica(replicas: list[Replica]) -> Replica:
    for driver_id in (LUIGIS, MARIAS):
        await replicas[0].store.drivers.add(Driver.register(driver_id, driver_id.title(), utc_now()))
    return replicas[0]


async def ready_order(store: Store, fulfilment: Fulfilment = DELIVERY) -> Order:
    order = an_order(fulfilment=fulfilment)
    now = utc_now()
    order.confirm(now, now + timedelta(minutes=12))
    order.start_cooking(now, LUIGI)
    order.mark_ready(now, LUIGI)
    await store.orders.add(order)
    return order


async def ready_orders(store: Store, count: int) -> list[str]:
    return [(await ready_order(store)).id for _ in range(count)]


async def so_far(store: Store) -> list[DomainEvent]:
    """All that has happened: since nobody acknowledges, every event is still there, to be delivered again."""
    events: list[DomainEvent] = []
    for outbox in (store.outboxes["driver"], store.outboxes["order"]):
        claims = await outbox.claim_due("", 1000)
        events += [pending.event for claim in claims for pending in claim.pending]
        await outbox.release(claims)
    return events


async def settled(replica: Replica) -> None:
    """Deliver everything until nothing new happens."""
    known = 0
    while len(events := await so_far(replica.store)) > known:
        known = len(events)
        await replica.deliver(*events)


async def order_of(store: Store, order_id: str) -> Order:
    return await store.orders.get(order_id)


async def stops_of(store: Store, driver_id: str) -> dict[str, StopStatus]:
    tour = (await store.drivers.get(driver_id)).state.tour
    return {stop.order_id: stop.status for stop in tour.stops} if tour else {}


async def picture(store: Store, driver_id: str, *order_ids: str) -> list[object]:
    """A driver and orders as they are now, in whole."""
    driver = await store.drivers.get(driver_id)
    orders = [await store.orders.get(order_id) for order_id in order_ids]
    return [(driver.version, driver.state), *((order.version, order.state) for order in orders)]


async def hand_over(store: Store, order_id: str) -> None:
    order = await store.orders.get(order_id)
    order.mark_delivered(utc_now())
    await store.orders.save(order)


async def cancel(store: Store, order_id: str) -> None:
    order = await store.orders.get(order_id)
    order.cancel(utc_now(), "changed my mind")
    await store.orders.save(order)


async def unassign(store: Store, order_id: str) -> None:
    order = await store.orders.get(order_id)
    order.unassign_driver(utc_now())
    await store.orders.save(order)


async def assign(store: Store, order_id: str, driver_id: str) -> None:
    order = await store.orders.get(order_id)
    order.assign_driver(utc_now(), driver_id, driver_id.title())
    await store.orders.save(order)


async def outcome_of(attempt: Awaitable[object]) -> DomainError | None:
    try:
        await attempt
    except DomainError as refusal:
        return refusal
    return None


async def test_a_tour_of_three_stops_runs_to_its_end_by_itself(replica: Replica) -> None:
    orders = await ready_orders(replica.store, 3)
    await replica.start(LUIGIS, *orders)
    tour = (await replica.store.drivers.get(LUIGIS)).state.tour
    await settled(replica)

    for number, order_id in enumerate(orders, start=1):
        state = (await order_of(replica.store, order_id)).state
        assert (state.status, state.driver_id) == (OrderStatus.DELIVERING, LUIGIS)
        assert tour is not None
        assert (state.tracking_number, state.carrier) == (f"{tour.id}-{number}", "Driver-Luigi")
    for order_id in orders[:2]:
        await hand_over(replica.store, order_id)
    await settled(replica)
    assert list((await stops_of(replica.store, LUIGIS)).values()) == [
        StopStatus.COMPLETED,
        StopStatus.COMPLETED,
        StopStatus.OPEN,
    ]
    await hand_over(replica.store, orders[2])
    await settled(replica)
    assert await stops_of(replica.store, LUIGIS) == {}


async def test_every_event_again_and_backwards_changes_nothing(replica: Replica) -> None:
    first, cancelled, second = await ready_orders(replica.store, 3)
    await replica.start(LUIGIS, first, cancelled)
    await cancel(replica.store, cancelled)
    await settled(replica)
    await hand_over(replica.store, first)
    await settled(replica)
    await assign(replica.store, second, LUIGIS)
    await unassign(replica.store, second)
    await replica.start(LUIGIS, second)
    await settled(replica)
    events = await so_far(replica.store)
    before = await picture(replica.store, LUIGIS, first, second)

    for event in [*reversed(events), *events]:
        await replica.deliver(event)

    assert await picture(replica.store, LUIGIS, first, second) == before
    assert await stops_of(replica.store, LUIGIS) == {second: StopStatus.OPEN}


async def test_a_late_word_of_an_old_tour_sends_out_nothing_that_the_driver_has_since(replica: Replica) -> None:
    (order_id,) = await ready_orders(replica.store, 1)
    await replica.start(LUIGIS, order_id)
    await unassign(replica.store, order_id)
    await settled(replica)
    assert await stops_of(replica.store, LUIGIS) == {}
    await assign(replica.store, order_id, LUIGIS)

    await replica.deliver(*await so_far(replica.store))

    assert (await order_of(replica.store, order_id)).state.status is OrderStatus.READY


async def test_an_order_that_is_cancelled_before_it_has_left_is_dropped_from_the_tour(replica: Replica) -> None:
    gone, stays = await ready_orders(replica.store, 2)
    await replica.start(LUIGIS, gone, stays)
    await cancel(replica.store, gone)

    await settled(replica)

    assert await stops_of(replica.store, LUIGIS) == {gone: StopStatus.DROPPED, stays: StopStatus.OPEN}
    assert (await order_of(replica.store, gone)).state.status is OrderStatus.CANCELLED


@pytest.mark.parametrize("first_word", [OrderCancelledEvent, TourStartedEvent])
async def test_the_stop_is_dropped_whichever_word_comes_first(replica: Replica, first_word: type[DomainEvent]) -> None:
    gone, stays = await ready_orders(replica.store, 2)
    await replica.start(LUIGIS, gone, stays)
    await cancel(replica.store, gone)

    await replica.deliver(*[event for event in await so_far(replica.store) if isinstance(event, first_word)])

    assert (await stops_of(replica.store, LUIGIS))[gone] is StopStatus.DROPPED


async def test_an_order_taken_from_the_driver_is_dropped_and_can_go_with_another(replica: Replica) -> None:
    moved, stays = await ready_orders(replica.store, 2)
    await replica.start(LUIGIS, moved, stays)
    await unassign(replica.store, moved)
    await replica.start(MARIAS, moved)
    await settled(replica)

    assert await stops_of(replica.store, LUIGIS) == {moved: StopStatus.DROPPED, stays: StopStatus.OPEN}
    assert await stops_of(replica.store, MARIAS) == {moved: StopStatus.OPEN}
    state = (await order_of(replica.store, moved)).state
    assert (state.status, state.driver_id, state.carrier) == (OrderStatus.DELIVERING, MARIAS, "Driver-Maria")


async def test_an_order_that_was_sent_out_by_hand_stays_on_its_tour(replica: Replica) -> None:
    (order_id,) = await ready_orders(replica.store, 1)
    await replica.start(LUIGIS, order_id)
    order = await order_of(replica.store, order_id)
    order.dispatch(utc_now(), "T-1", "Luigi")
    await replica.store.orders.save(order)
    await settled(replica)
    assert await stops_of(replica.store, LUIGIS) == {order_id: StopStatus.OPEN}

    await hand_over(replica.store, order_id)
    await settled(replica)
    assert await stops_of(replica.store, LUIGIS) == {}


async def test_two_drivers_who_take_the_same_order_at_once_get_one_winner(
    replica: Replica, replicas: list[Replica]
) -> None:
    for _ in range(RACES):
        shared, luigis, marias = await ready_orders(replica.store, 3)
        outcomes = await asyncio.gather(
            outcome_of(replicas[0].start(LUIGIS, luigis, shared)), outcome_of(replicas[1].start(MARIAS, marias, shared))
        )

        assert [type(outcome) for outcome in outcomes if outcome] == [AlreadyAssigned]
        won = outcomes.index(None)
        winner, loser = (LUIGIS, MARIAS) if won == 0 else (MARIAS, LUIGIS)
        refusal = outcomes[1 - won]
        assert refusal is not None
        assert refusal.parameter == "/orders/1"
        assert set(await stops_of(replica.store, winner)) == {shared, luigis if won == 0 else marias}
        assert await stops_of(replica.store, loser) == {}
        assert (await order_of(replica.store, shared)).state.driver_id == winner
        assert (await order_of(replica.store, marias if won == 0 else luigis)).state.driver_id is None
        await finish(replica, winner)


async def test_of_two_drivers_who_take_the_same_orders_the_other_way_round_one_gets_all(
    replica: Replica, replicas: list[Replica]
) -> None:
    for _ in range(RACES):
        orders = await ready_orders(replica.store, 2)
        outcomes = await asyncio.gather(
            outcome_of(replicas[0].start(LUIGIS, *orders)), outcome_of(replicas[1].start(MARIAS, *reversed(orders)))
        )

        assert [type(outcome) for outcome in outcomes if outcome] == [AlreadyAssigned]
        winner = LUIGIS if outcomes[0] is None else MARIAS
        assert set(await stops_of(replica.store, winner)) == set(orders)
        await finish(replica, winner)


@pytest.mark.parametrize("moment", ["find", "get"])
async def test_an_order_that_left_the_tour_and_came_back_while_somebody_looked_is_not_sent_out(
    replica: Replica, replicas: list[Replica], moment: str
) -> None:
    (order_id,) = await ready_orders(replica.store, 1)
    await replica.start(LUIGIS, order_id)

    async def leaves_and_comes_back() -> None:
        await unassign(replica.store, order_id)
        await replica.desk.follow(LUIGIS)
        await assign(replica.store, order_id, LUIGIS)

    slow: Any = Interrupted(replicas[1].store.orders, moment, leaves_and_comes_back)
    dispatch = DispatchOrderCommandHandler(OrderChanger(slow))
    await TourDesk(replicas[1].store.drivers, slow, dispatch).follow(LUIGIS)

    state = (await order_of(replica.store, order_id)).state
    assert (state.status, state.driver_id) == (OrderStatus.READY, LUIGIS)
    assert await stops_of(replica.store, LUIGIS) == {}


async def test_a_refused_tour_gives_back_nothing_that_another_tour_of_the_driver_has(
    replica: Replica, replicas: list[Replica]
) -> None:
    shared, lost = await ready_orders(replica.store, 2)
    slow = replicas[1].store

    async def lost_to_maria() -> None:
        await assign(replica.store, lost, MARIAS)

    async def another_tour_starts() -> None:
        await replica.start(LUIGIS, shared)

    orders: Any = Interrupted(slow.orders, "save", lost_to_maria, at=2)
    drivers: Any = Interrupted(slow.drivers, "find", another_tour_starts)  # the first look before giving back
    handler = StartTourCommandHandler(drivers, orders, replicas[1].desk)
    refusal = await outcome_of(handler.handle(StartTourCommand(driver_id=LUIGIS, order_ids=(shared, lost))))

    assert isinstance(refusal, AlreadyAssigned)
    assert (await order_of(replica.store, shared)).state.driver_id == LUIGIS
    assert await stops_of(replica.store, LUIGIS) == {shared: StopStatus.OPEN}


async def test_of_two_tours_for_one_driver_at_once_one_starts(replica: Replica, replicas: list[Replica]) -> None:
    for _ in range(RACES):
        one, other, both = await ready_orders(replica.store, 3)
        outcomes = await asyncio.gather(
            outcome_of(replicas[0].start(LUIGIS, one, both)), outcome_of(replicas[1].start(LUIGIS, other, both))
        )

        assert [type(outcome) for outcome in outcomes if outcome] == [DriverOnTour]
        taken, left = (one, other) if outcomes[0] is None else (other, one)
        assert await stops_of(replica.store, LUIGIS) == {taken: StopStatus.OPEN, both: StopStatus.OPEN}
        assert (await order_of(replica.store, both)).state.driver_id == LUIGIS
        assert (await order_of(replica.store, left)).state.driver_id is None
        await finish(replica, LUIGIS)


async def finish(replica: Replica, driver_id: str) -> None:
    await replica.desk.follow(driver_id)
    for order_id in await stops_of(replica.store, driver_id):
        await hand_over(replica.store, order_id)
    await replica.desk.follow(driver_id)


async def test_a_driver_whose_orders_are_all_delivered_is_free_before_word_of_it_has_come(replica: Replica) -> None:
    first, second = await ready_orders(replica.store, 2)
    await replica.start(LUIGIS, first)
    await settled(replica)
    await hand_over(replica.store, first)

    await replica.start(LUIGIS, second)

    assert await stops_of(replica.store, LUIGIS) == {second: StopStatus.OPEN}


async def test_what_a_crash_left_with_a_driver_goes_with_his_next_tour_or_is_freed_for_another(
    replica: Replica,
) -> None:
    his_still, freed = await ready_orders(replica.store, 2)
    for order_id in (his_still, freed):
        await assign(replica.store, order_id, LUIGIS)
    refusal = await outcome_of(replica.start(MARIAS, freed))
    assert isinstance(refusal, AlreadyAssigned)

    await unassign(replica.store, freed)
    await replica.start(MARIAS, freed)
    await replica.start(LUIGIS, his_still)
    await settled(replica)

    assert await stops_of(replica.store, MARIAS) == {freed: StopStatus.OPEN}
    assert await stops_of(replica.store, LUIGIS) == {his_still: StopStatus.OPEN}


async def test_a_start_that_breaks_off_leaves_its_orders_with_the_driver_until_it_is_made_again(
    replica: Replica,
) -> None:
    """As a crash does, and a store whose answer is lost: the tour may have been written, so nothing is taken back."""
    orders = await ready_orders(replica.store, 2)

    async def goes_away() -> None:
        raise StoreUnavailable

    drivers: Any = Interrupted(replica.store.drivers, "save", goes_away)
    handler = StartTourCommandHandler(drivers, replica.store.orders, replica.desk)
    refusal = await outcome_of(handler.handle(StartTourCommand(driver_id=LUIGIS, order_ids=tuple(orders))))
    assert isinstance(refusal, StoreUnavailable)
    assert {(await order_of(replica.store, order_id)).state.driver_id for order_id in orders} == {LUIGIS}
    assert await stops_of(replica.store, LUIGIS) == {}

    await replica.start(LUIGIS, *orders)
    await settled(replica)
    assert {(await order_of(replica.store, order_id)).state.status for order_id in orders} == {OrderStatus.DELIVERING}


async def test_a_tour_that_is_refused_names_the_order_and_leaves_everything_as_it_was(replica: Replica) -> None:
    store = replica.store
    good, marias = await ready_orders(store, 2)
    await assign(store, marias, MARIAS)
    pickup, early = await ready_order(store, PICKUP), an_order(fulfilment=DELIVERY)
    await store.orders.add(early)
    before = await store.drivers.get(LUIGIS)
    for bad, expected in (
        (pickup.id, NotADelivery),
        (early.id, IllegalMove),
        ("order-0", UnknownOrder),
        (marias, AlreadyAssigned),
    ):
        refusal = await outcome_of(replica.start(LUIGIS, good, bad))
        assert isinstance(refusal, expected)
        assert refusal.parameter == "/orders/1"
    assert ((await order_of(store, good)).state.driver_id, (await order_of(store, good)).version) == (None, 4)
    after = await store.drivers.get(LUIGIS)
    assert (after.version, after.state) == (before.version, before.state)


async def test_one_batch_settles_the_stops_of_several_drivers(replica: Replica) -> None:
    hers, his = await ready_orders(replica.store, 2)
    await replica.start(MARIAS, hers)
    await replica.start(LUIGIS, his)
    await settled(replica)
    for order_id in (hers, his):
        await hand_over(replica.store, order_id)
    done = [event for event in await so_far(replica.store) if isinstance(event, OrderDeliveredEvent)]

    await TourStopHandler(replica.desk).deliver(done)

    assert await stops_of(replica.store, MARIAS) == await stops_of(replica.store, LUIGIS) == {}


async def test_a_shipped_order_tells_whose_it_is(replica: Replica) -> None:
    (order_id,) = await ready_orders(replica.store, 1)
    await replica.start(LUIGIS, order_id)
    await settled(replica)
    (shipped,) = [event for event in await so_far(replica.store) if isinstance(event, OrderShippedEvent)]
    assert (shipped.aggregate_id, shipped.driver_id) == (order_id, LUIGIS)
