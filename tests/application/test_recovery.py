"""What a crash, a stop or another process does to deliveries: nothing that matters."""

import asyncio
from pathlib import Path

from tests.application.delivering import Other, Recorder, process
from tests.waiting import eventually


async def test_what_was_saved_before_a_crash_is_delivered_after_it(tmp_path: Path) -> None:
    dead, heir = Recorder(), Recorder()
    dead.gate.clear()
    async with process(tmp_path / "p.db", [dead], lease_seconds=1) as crashing:
        orders = [await crashing.place() for _ in range(10)]
        await crashing.die()
    async with process(tmp_path / "p.db", [heir], lease_seconds=1) as running:
        await eventually(running.nothing_pending)
    assert dead.seen == {}
    assert heir.seen == {order.id: [1] for order in orders}


async def test_a_graceful_stop_hands_back_so_that_nobody_waits_for_a_lease(tmp_path: Path) -> None:
    leaving, heir = Recorder(), Recorder()
    leaving.gate.clear()
    async with process(tmp_path / "p.db", [leaving], lease_seconds=600) as stopping:
        order = await stopping.place()
        await stopping.confirm(order)
    async with process(tmp_path / "p.db", [heir], lease_seconds=600) as running:
        await eventually(running.nothing_pending)
    assert heir.seen == {order.id: [1, 2]}


async def test_handlers_that_were_done_before_a_stop_are_not_asked_again(tmp_path: Path) -> None:
    stuck, done = Recorder(), Other()
    stuck.gate.clear()
    async with process(tmp_path / "p.db", [stuck, done]) as stopping:
        order = await stopping.place()
        await eventually(lambda: done.seen == {order.id: [1]})
    stuck_heir, done_heir = Recorder(), Other()
    async with process(tmp_path / "p.db", [stuck_heir, done_heir]) as running:
        await eventually(running.nothing_pending)
    assert stuck_heir.seen == {order.id: [1]}
    assert done_heir.seen == {}


async def test_two_processes_on_one_store_share_the_work_and_each_event_is_handled_once(tmp_path: Path) -> None:
    here, there = Recorder(), Recorder()
    async with process(tmp_path / "p.db", [here]) as one, process(tmp_path / "p.db", [there]) as two:
        orders = await asyncio.gather(*(running.place() for running in (one, two) * 20))
        crossing = [(two if index % 2 else one, order) for index, order in enumerate(orders)]
        for running, order in crossing:
            await running.confirm(order)
        await eventually(lambda: one.dispatcher.idle and two.dispatcher.idle)
        await eventually(one.nothing_pending)
    for order in orders:
        assert sorted(here.seen[order.id] + there.seen[order.id]) == [1, 2]


async def test_a_worker_that_slept_past_its_lease_changes_nothing_when_it_wakes(tmp_path: Path) -> None:
    sleeper, heir = Recorder(), Recorder()
    sleeper.gate.clear()
    async with process(tmp_path / "p.db", [sleeper], lease_seconds=1) as asleep:
        order = await asleep.place()
        await asleep.relay.stop()
        renewals = next(task for task in asleep.dispatcher._tasks if task.get_name() == "renew")
        renewals.cancel()  # a frozen process renews nothing
        async with process(tmp_path / "p.db", [heir], lease_seconds=600) as awake:
            heir.gate.clear()
            await eventually(lambda: not awake.dispatcher.idle)
            await asleep.confirm(order)
            sleeper.gate.set()
            await eventually(lambda: asleep.dispatcher.idle)
            assert await awake.store.outboxes["order"].backlog() != []
            heir.gate.set()
            await eventually(awake.nothing_pending)
    assert sleeper.seen == {order.id: [1]}
    assert heir.seen == {order.id: [1, 2]}
