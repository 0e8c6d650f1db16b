"""Every event reaches every handler, in order, and a bad handler harms no other."""

import asyncio
import functools
from pathlib import Path

from application.clock import utc_now
from application.dispatch.retry import Rejected, TimedOut, Unavailable
from domain.customer import CustomerProfile, CustomerState
from tests.application.delivering import Batches, Other, Recorder, Unordered, process
from tests.waiting import eventually


async def test_every_handler_gets_every_event_and_nothing_stays_pending(tmp_path: Path) -> None:
    first, second = Recorder(), Other()
    async with process(tmp_path / "p.db", [first, second]) as running:
        orders = [await running.place() for _ in range(50)]
        for order in orders:
            await running.confirm(order)
        await eventually(running.nothing_pending)
        expected = {order.id: [1, 2] for order in orders}
        assert first.seen == expected
        assert second.seen == expected


async def test_a_save_does_not_wait_for_handlers(tmp_path: Path) -> None:
    stuck = Recorder()
    stuck.gate.clear()
    async with process(tmp_path / "p.db", [stuck]) as running:
        order = await running.place()
        await running.confirm(order)
        assert stuck.seen == {}
        stuck.gate.set()
        await eventually(running.nothing_pending)
        assert stuck.seen == {order.id: [1, 2]}


async def test_a_stuck_handler_delays_no_other_handler_even_for_later_events_of_the_same_order(tmp_path: Path) -> None:
    stuck, other = Recorder(), Other()
    stuck.gate.clear()
    async with process(tmp_path / "p.db", [stuck, other], lease_seconds=600) as running:
        order = await running.place()
        await eventually(lambda: other.seen == {order.id: [1]})
        await running.confirm(order)
        await eventually(lambda: other.seen == {order.id: [1, 2]})
        assert stuck.seen == {}
        stuck.gate.set()
        await eventually(running.nothing_pending)
        assert stuck.seen == {order.id: [1, 2]}
        assert other.seen == {order.id: [1, 2]}


async def test_a_handler_that_fails_is_tried_again_while_the_others_are_done_once(tmp_path: Path) -> None:
    failing, other = Recorder(), Other()
    async with process(tmp_path / "p.db", [failing, other]) as running:
        bad, good = await running.place(), await running.place()
        await eventually(running.nothing_pending)
        failing.failing[bad.id] = RuntimeError("not today")
        await running.confirm(bad)
        await running.confirm(good)
        await eventually(lambda: failing.seen[good.id] == [1, 2])
        del failing.failing[bad.id]
        await eventually(running.nothing_pending)
        assert failing.seen == other.seen == {bad.id: [1, 2], good.id: [1, 2]}


async def test_a_handler_that_keeps_failing_parks_the_event_and_holds_back_what_follows(tmp_path: Path) -> None:
    failing, other = Recorder(), Other()
    async with process(tmp_path / "p.db", [failing, other]) as running:
        bad, good = await running.place(), await running.place()
        await eventually(running.nothing_pending)
        failing.failing[bad.id] = RuntimeError("never")
        await running.confirm(bad)
        await eventually(running.dead_letters_are(1))
        await running.cook(bad)
        await running.confirm(good)
        await eventually(running.nothing_pending)
        (letter,) = await running.dead_letters()
        assert (letter.handler, letter.event.aggregate_version, letter.held_back) == ("Recorder", 2, 1)
        assert letter.attempts == 3
        assert "never" in letter.error
        assert failing.seen == {bad.id: [1], good.id: [1, 2]}
        assert other.seen == {bad.id: [1, 2, 3], good.id: [1, 2]}


async def test_what_was_rejected_is_parked_at_once(tmp_path: Path) -> None:
    handler = Recorder()
    async with process(tmp_path / "p.db", [handler]) as running:
        order = await running.place()
        await eventually(running.nothing_pending)
        handler.failing[order.id] = Rejected("gone")
        await running.confirm(order)
        await eventually(running.dead_letters_are(1))
        (letter,) = await running.dead_letters()
        assert letter.attempts == 1


async def test_an_unordered_handler_goes_on_behind_a_parked_event(tmp_path: Path) -> None:
    handler = Unordered()
    async with process(tmp_path / "p.db", [handler]) as running:
        order = await running.place()
        await eventually(running.nothing_pending)
        handler.failing[order.id] = Rejected("gone")
        await running.confirm(order)
        await eventually(running.dead_letters_are(1))
        handler.failing.clear()
        await running.cook(order)
        await eventually(lambda: handler.seen == {order.id: [1, 3]})


async def test_an_outage_parks_nothing_and_all_arrives_in_order_when_it_is_over(tmp_path: Path) -> None:
    down, other = Recorder(), Other()
    async with process(tmp_path / "p.db", [down, other]) as running:
        orders = [await running.place() for _ in range(30)]
        await eventually(running.nothing_pending)
        for order in orders:
            down.failing[order.id] = Unavailable("connection refused")
        for order in orders:
            await running.confirm(order)
        await eventually(lambda: all(other.seen[order.id] == [1, 2] for order in orders))
        for order in orders:
            await running.cook(order)
        await eventually(lambda: all(other.seen[order.id] == [1, 2, 3] for order in orders))
        assert await running.dead_letters() == []
        down.failing.clear()
        await eventually(running.nothing_pending, seconds=20)
        assert down.seen == other.seen == {order.id: [1, 2, 3] for order in orders}


async def test_an_event_that_nobody_can_swallow_in_time_is_parked_while_the_others_pass(tmp_path: Path) -> None:
    handler = Recorder()
    async with process(tmp_path / "p.db", [handler]) as running:
        bad = await running.place()
        await eventually(running.nothing_pending)
        handler.failing[bad.id] = TimedOut("no answer")
        await running.confirm(bad)
        while not await running.dead_letters():
            good = await running.place()
            await eventually(functools.partial(handler.has_seen, good.id, [1]))
        assert [letter.event.aggregate_id for letter in await running.dead_letters()] == [bad.id]


async def test_what_comes_while_another_kind_is_acknowledged_is_delivered_once(tmp_path: Path) -> None:
    handler = Recorder()
    async with process(tmp_path / "p.db", [handler], settling_takes=0.4, renewing_takes=0.2) as running:
        handler.gate.clear()
        customer = CustomerProfile("customer", CustomerState(phone="0811234"))
        customer.erase("", utc_now(), "luigi")
        await running.store.customers.add(customer)
        order = await running.place()
        await running.confirm(order)  # a renewal goes for the second event, and is not back yet
        await asyncio.sleep(0)
        handler.gate.set()
        await eventually(lambda: handler.seen == {customer.id: [1], order.id: [1]})
        handler.gate.clear()  # the customer's acknowledgement is on its way; the order's waits for its turn

        await eventually(lambda: running.dispatcher.lanes["Recorder"].idle is False)
        await eventually(lambda: running.outboxes["customer"].settled > 0)
        await asyncio.sleep(0)
        assert not running.outbox.sent, "its lease is let go while the second event is in work"
        handler.gate.set()

        await eventually(running.nothing_pending)
        assert handler.seen[order.id] == [1, 2]


async def test_one_bad_event_in_a_batch_harms_no_other(tmp_path: Path) -> None:
    batches = Batches()
    batches.gate.clear()
    async with process(tmp_path / "p.db", [batches]) as running:
        orders = [await running.place() for _ in range(20)]
        bad, good = orders[7], [*orders[:7], *orders[8:]]
        batches.bad.add(bad.id)
        batches.gate.set()
        await eventually(running.dead_letters_are(1))
        assert batches.seen == {order.id: [1] for order in good}
        assert max(batches.sizes) > 1
