"""Tours and their orders agree, whoever moves them at the same time and whatever breaks off in between."""

import asyncio
from typing import Any

import pytest

from application.commands.change_order import OrderChanger
from application.commands.hand_over_order import DispatchOrderCommandHandler
from application.commands.start_tour import StartTourCommand, StartTourCommandHandler
from application.telemetry import NoTelemetry
from application.tour_desk import TourDesk
from domain.driver import StopStatus
from domain.errors import (
    AlreadyAssigned,
    DriverOnTour,
    StoreUnavailable,
)
from domain.order_lifecycle import OrderStatus
from tests.contract.tours import (
    LUIGIS,
    MARIAS,
    Interrupted,
    Replica,
    assign,
    finish,
    hand_over,
    order_of,
    outcome_of,
    ready_orders,
    settled,
    stops_of,
    unassign,
)

RACES = 15


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
    dispatch = DispatchOrderCommandHandler(OrderChanger(slow, NoTelemetry()))
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
