"""What an operator can do about a dead letter."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from application.commands.repair_delivery import (
    DeliveryRepairer,
    DiscardDeadLetterCommand,
    DiscardDeadLetterCommandHandler,
    RedriveDeadLetterCommand,
    RedriveDeadLetterCommandHandler,
)
from application.dispatch.retry import Rejected
from domain.errors import NotFound
from domain.order import Order
from tests.application.delivering import Other, Process, Recorder, process
from tests.waiting import eventually


@pytest.fixture
def handler() -> Recorder:
    return Recorder()


@pytest.fixture
async def running(tmp_path: Path, handler: Recorder) -> AsyncIterator[Process]:
    async with process(tmp_path / "p.db", [handler, Other()]) as running:
        yield running


async def parked(running: Process, handler: Recorder) -> tuple[Order, str]:
    """An order whose second event is parked and holds back the third."""
    order = await running.place()
    await eventually(running.nothing_pending)
    handler.failing[order.id] = Rejected("gone")
    await running.confirm(order)
    await eventually(running.dead_letters_are(1))
    await running.cook(order)
    await eventually(running.nothing_pending)
    return order, (await running.dead_letters())[0].id


async def redrive(running: Process, letter: str) -> None:
    repairer = DeliveryRepairer(running.store.outboxes, running.dispatcher)
    await RedriveDeadLetterCommandHandler(repairer).handle(RedriveDeadLetterCommand(letter))


async def discard(running: Process, letter: str) -> None:
    repairer = DeliveryRepairer(running.store.outboxes, running.dispatcher)
    await DiscardDeadLetterCommandHandler(repairer).handle(DiscardDeadLetterCommand(letter))


async def test_a_redriven_event_arrives_and_what_it_held_back_follows_in_order(
    running: Process, handler: Recorder
) -> None:
    order, letter = await parked(running, handler)
    handler.failing.clear()
    await redrive(running, letter)
    await eventually(lambda: handler.seen == {order.id: [1, 2, 3]})
    await eventually(running.nothing_pending)
    assert await running.dead_letters() == []


async def test_a_redriven_event_that_fails_again_is_parked_again(running: Process, handler: Recorder) -> None:
    order, letter = await parked(running, handler)
    await redrive(running, letter)
    await eventually(running.dead_letters_are(1))
    assert handler.seen == {order.id: [1]}


async def test_a_discarded_event_never_arrives_and_what_it_held_back_does(running: Process, handler: Recorder) -> None:
    order, letter = await parked(running, handler)
    handler.failing.clear()
    await discard(running, letter)
    await eventually(lambda: handler.seen == {order.id: [1, 3]})
    await eventually(running.nothing_pending)
    assert await running.dead_letters() == []


@pytest.mark.parametrize("letter", ["nonsense", "order:nobody:1:Recorder", "menu:x:1:Recorder", "order:a:b:c"])
async def test_what_is_not_parked_cannot_be_repaired(running: Process, letter: str) -> None:
    with pytest.raises(NotFound):
        await redrive(running, letter)


async def test_repairing_another_delivery_of_the_same_order_changes_nothing(
    running: Process, handler: Recorder
) -> None:
    order, letter = await parked(running, handler)
    with pytest.raises(NotFound):
        await discard(running, f"order:{order.id}:2:Other")
    with pytest.raises(NotFound):
        await discard(running, f"order:{order.id}:3:Recorder")
    assert [found.id for found in await running.dead_letters()] == [letter]
