"""What a crash, a stop or another process does to deliveries: nothing that matters."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from application.background import end
from application.dispatch.outbox import Claim
from domain.events import DomainEvent
from tests.application.delivering import Other, Process, Recorder, process
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
        orders = [await asleep.place() for _ in range(12)]
        await freeze(asleep)
        async with process(tmp_path / "p.db", [heir], lease_seconds=600) as awake:
            heir.gate.clear()
            await eventually(lambda: awake.claims == len(orders))
            await asleep.confirm(orders[0])
            sleeper.gate.set()
            await eventually(lambda: asleep.dispatcher.idle)
            waiting = await awake.store.outboxes["order"].backlog()
            assert sum(lane.documents for lane in waiting) == len(orders)
            heir.gate.set()
            await eventually(awake.nothing_pending)
    begun_before_the_sleep = Recorder.workers
    assert len(sleeper.seen) <= begun_before_the_sleep
    assert heir.seen == {order.id: [1, 2] if order is orders[0] else [1] for order in orders}


async def freeze(running: Process) -> None:
    """Stop what a process does by itself, as SIGSTOP would: it sweeps nothing and renews nothing."""
    await running.relay.stop()
    await end(task for task in running.dispatcher._tasks if task.get_name() == "renew")


async def test_a_handler_slower_than_its_lease_keeps_its_work(tmp_path: Path) -> None:
    slow, idle = Recorder(), Recorder()
    slow.gate.clear()
    lease_seconds = 1.0
    async with process(tmp_path / "p.db", [slow], lease_seconds=lease_seconds) as working:
        order = await working.place()
        async with process(tmp_path / "p.db", [idle], lease_seconds=lease_seconds):
            await asyncio.sleep(2.5 * lease_seconds)
            slow.gate.set()
            await eventually(working.nothing_pending)
    assert slow.seen == {order.id: [1]}
    assert idle.seen == {}


async def test_an_order_that_changes_before_each_acknowledgement_keeps_its_lease(tmp_path: Path) -> None:
    """Found under load on MongoDB: each acknowledgement found new events, until the lease had ended."""
    recorder = Recorder()
    async with process(tmp_path / "p.db", [recorder], lease_seconds=1, settling_takes=0.4) as running:
        order = await running.place()
        for number, move in enumerate((running.confirm, running.cook, running.mark_ready, running.collect), 1):
            await eventually(lambda number=number: len(recorder.seen[order.id]) == number)  # type: ignore[misc]
            await asyncio.sleep(0.2)  # the acknowledgement is on its way
            await move(order)
        await eventually(running.nothing_pending)
    assert recorder.seen[order.id] == [1, 2, 3, 4, 5]


async def test_a_stop_in_the_middle_of_a_claim_leaves_no_lease_behind(tmp_path: Path) -> None:
    """Found by rolling replicas: a sweep cancelled after its write had leased events that nobody knew of."""
    path, recorder, heir = tmp_path / "p.db", Recorder(), Recorder()
    async with process(path, [recorder], lease_seconds=600) as first:
        await first.relay.stop()
        first.store.attach(NoRoom())
        order = await first.place()
    async with process(path, [recorder], lease_seconds=600, claiming_takes=0.5) as stopping:
        await eventually(lambda: _is_leased(path))
        assert stopping.claims == 0
    async with process(path, [heir], lease_seconds=600) as running:
        await eventually(running.nothing_pending)
    assert recorder.seen[order.id] + heir.seen[order.id] == [1]


async def test_a_stop_that_has_no_time_to_acknowledge_hands_back_all_the_same(tmp_path: Path) -> None:
    leaving, heir = Recorder(), Recorder()
    async with process(tmp_path / "p.db", [leaving], lease_seconds=600, settling_takes=600) as stopping:
        order = await stopping.place()
        await eventually(lambda: leaving.seen[order.id] == [1])
    async with process(tmp_path / "p.db", [heir], lease_seconds=600) as running:
        await eventually(running.nothing_pending)
    assert heir.seen == {order.id: [1]}  # once more: at least once is what is promised


async def test_no_more_is_taken_than_is_done_within_a_lease(tmp_path: Path) -> None:
    """Found after ten minutes without a sink: a starved process claimed thousands, lost them all before their turn
    came, and began anew, for ever."""
    path, slow = tmp_path / "p.db", Slow()
    async with process(path, [slow], lease_seconds=600) as first:
        await first.relay.stop()
        first.store.attach(NoRoom())
        orders = [await first.place() for _ in range(300)]
    async with process(path, [slow], lease_seconds=1, renews=False) as running:
        await eventually(running.nothing_pending, 60)
        assert running.outbox.claimed < 3 * len(orders)
    assert slow.seen.keys() == {order.id for order in orders}


class Slow(Recorder):
    workers = 1

    async def handle(self, event: DomainEvent) -> None:
        await asyncio.sleep(0.01)
        await super().handle(event)


class NoRoom:
    """Deliveries of a process that is full: what is saved waits for somebody else."""

    def room(self, lane: str) -> int:
        return 0

    def submit(self, claim: Claim) -> None:
        raise AssertionError("there was no room")

    def notify(self, kind: str, aggregate_id: str) -> None: ...


def _is_leased(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("SELECT count(*) FROM orders WHERE lease IS NOT NULL").fetchone()[0])


async def test_a_lease_is_renewed_however_often_others_ask_for_theirs(tmp_path: Path) -> None:
    stuck = Recorder()
    stuck.gate.clear()
    async with process(tmp_path / "p.db", [stuck], lease_seconds=3, renewing_takes=0.05) as running:
        quiet, busy = await running.place(), await running.place()
        until = time.monotonic() + 4
        while time.monotonic() < until:
            running.dispatcher.notify("order", busy.id)
            await asyncio.sleep(0.01)
        stuck.gate.set()
        await eventually(running.nothing_pending)

        assert stuck.seen == {quiet.id: [1], busy.id: [1]}
        assert running.outboxes["order"].claimed == 0
