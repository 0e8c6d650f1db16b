"""The kitchen's capacity holds, whoever cooks at the same time and whoever crashes in between."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from application.clock import utc_now
from application.commands.change_order import OrderChanger
from application.commands.cook_order import StartCookingCommand, StartCookingCommandHandler
from application.kitchen.desk import ABANDONED_AFTER, KitchenDesk
from application.telemetry import NoTelemetry
from domain.errors import KitchenFull, VersionConflict
from domain.kitchen import KITCHEN_ID, Kitchen, KitchenState, Place
from domain.order import Order
from domain.order_lifecycle import OrderStatus
from tests.application.delivering import COOK, Process, Recorder, process
from tests.waiting import eventually


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
async def running(tmp_path: Path, recorder: Recorder) -> AsyncIterator[Process]:
    async with process(tmp_path / "p.db", [recorder]) as running:
        await running.store.kitchens.add(Kitchen(KITCHEN_ID, KitchenState()))
        yield running


async def confirmed(running: Process) -> Order:
    order = await running.place()
    await running.confirm(order)
    return order


def cook_with(running: Process, capacity: int) -> StartCookingCommandHandler:
    desk = KitchenDesk(running.store.kitchens, running.store.orders, capacity)
    return StartCookingCommandHandler(OrderChanger(running.store.orders, NoTelemetry()), desk)


async def try_to_cook(cook: StartCookingCommandHandler, order: Order) -> bool:
    while True:
        try:
            await cook.handle(StartCookingCommand(order_id=order.id, cook=COOK))
        except KitchenFull:
            return False
        except VersionConflict:
            continue
        return True


async def test_concurrent_cooks_cannot_overrun_the_capacity(running: Process) -> None:
    orders = [await confirmed(running) for _ in range(20)]
    replicas = [cook_with(running, capacity=5) for _ in range(4)]
    cooked = await asyncio.gather(*(try_to_cook(replicas[i % 4], order) for i, order in enumerate(orders)))
    assert sum(cooked) == 5
    assert await running.store.order_queries.count_by_status((OrderStatus.COOKING,), at_most=100) == 5


async def test_a_place_is_free_again_once_its_order_has_moved_on(running: Process) -> None:
    first, second = await confirmed(running), await confirmed(running)
    cook = cook_with(running, capacity=1)
    await cook.handle(StartCookingCommand(order_id=first.id, cook=COOK))
    with pytest.raises(KitchenFull):
        await cook.handle(StartCookingCommand(order_id=second.id, cook=COOK))
    cooking = await running.store.orders.get(first.id)
    cooking.mark_ready(utc_now(), COOK)
    await running.store.orders.save(cooking)
    await cook.handle(StartCookingCommand(order_id=second.id, cook=COOK))


async def test_an_order_that_may_not_cook_takes_no_place(running: Process) -> None:
    pending, other = await running.place(), await confirmed(running)
    cook = cook_with(running, capacity=1)
    with pytest.raises(Exception, match="Cannot cook"):
        await cook.handle(StartCookingCommand(order_id=pending.id, cook=COOK))
    await cook.handle(StartCookingCommand(order_id=other.id, cook=COOK))


@pytest.mark.parametrize("off", [timedelta(), timedelta(hours=1)], ids=["", "by_a_replica_an_hour_ahead"])
async def test_a_place_that_a_crash_left_behind_is_given_away_and_its_sleeper_cannot_cook(
    running: Process, recorder: Recorder, off: timedelta
) -> None:
    sleeping, waiting = await confirmed(running), await confirmed(running)
    kitchen = await running.store.kitchens.get(KITCHEN_ID)
    long_ago = utc_now() - ABANDONED_AFTER - timedelta(seconds=1) + off
    kitchen.state.places.append(Place(order_id=sleeping.id, taken_at=long_ago))
    await running.store.kitchens.save(kitchen)
    sleeper = await running.store.orders.get(sleeping.id)
    sleeper.start_cooking(utc_now(), COOK)

    await cook_with(running, capacity=1).handle(StartCookingCommand(order_id=waiting.id, cook=COOK))

    with pytest.raises(VersionConflict):
        await running.store.orders.save(sleeper)
    # Each version of an order has its event: `sequence` has no holes for those who count.
    await eventually(lambda: recorder.seen[sleeping.id] == [1, 2, 3])


async def test_a_place_just_taken_is_not_given_away(running: Process) -> None:
    cooking_soon, waiting = await confirmed(running), await confirmed(running)
    kitchen = await running.store.kitchens.get(KITCHEN_ID)
    kitchen.state.places.append(Place(order_id=cooking_soon.id, taken_at=utc_now()))
    await running.store.kitchens.save(kitchen)
    with pytest.raises(KitchenFull):
        await cook_with(running, capacity=1).handle(StartCookingCommand(order_id=waiting.id, cook=COOK))


async def test_a_cook_who_loses_to_a_cancellation_gives_the_place_back(running: Process) -> None:
    order = await confirmed(running)

    class CancelledMeanwhile(KitchenDesk):
        async def take_place(self, order_id: str) -> None:
            await super().take_place(order_id)
            cancelled = await running.store.orders.get(order_id)
            cancelled.cancel(utc_now(), "Guest left")
            await running.store.orders.save(cancelled)

    desk = CancelledMeanwhile(running.store.kitchens, running.store.orders, capacity=1)
    cook = StartCookingCommandHandler(OrderChanger(running.store.orders, NoTelemetry()), desk)
    with pytest.raises(VersionConflict):
        await cook.handle(StartCookingCommand(order_id=order.id, cook=COOK))
    assert (await running.store.kitchens.get(KITCHEN_ID)).state.places == []
