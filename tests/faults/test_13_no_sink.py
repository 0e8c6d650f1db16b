"""Fault 13: for ten minutes there is no sink, and a hundred thousand events wait for it."""

import asyncio
import re
import time

import pytest

from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.memory import LARGEST_GROWTH, MemoryWatch, resident_megabytes
from tests.faults.replica import Replica
from tests.faults.traffic import EVENTS_OF_AN_ORDER, Traffic
from tests.waiting import eventually

#: Seconds until the backlog has to be told as it is: it is measured every other second.
TOLD_SECONDS = 10.0
DOCUMENTS = re.compile(r"^pizzeria_backlog_documents\{.*\} (\S+)$", re.MULTILINE)


async def no_sink(lab: Lab) -> Verdict:
    """Nobody takes connections. Orders are taken all the while, and their events arrive when the sink is there."""
    orders = round(lab.size(full=100_000, short=1_000) / EVENTS_OF_AN_ORDER)
    replica = await lab.started()
    await lab.traffic().run(orders // 10)  # what a service takes anyway, once it has worked for a while
    await lab.settle()
    lab.note("MB at the start", resident_megabytes(replica.process.pid))

    await lab.receiver.refuse_connections()
    traffic = lab.traffic()
    async with MemoryWatch(replica.process.pid, lab.auditor) as memory:
        await _take_orders(lab, traffic, orders)
        told = await _backlog_is_told(lab, replica)
    lab.note("events that waited", await _waiting_events(lab))
    await lab.receiver.accept_connections()
    await lab.settle()
    lab.note("MB at the most", memory.most(waiting=range(10**9)))
    lab.note("MB after", resident_megabytes(replica.process.pid))

    verdict = await lab.close_the_books()
    verdict.count("backlog not reported", [] if told else [f"{orders} orders"])
    verdict.count("requests refused", _refused(traffic))
    verdict.count("memory grew with the backlog", _grown(memory, lab.facts["MB at the start"], orders))
    return verdict


async def shared_backlog(lab: Lab) -> Verdict:
    """What waited for the sink is due for three replicas at once, and each order is for one of them."""
    for name in "abc":
        # So long that a busy machine ends no lease: then whoever sends an event twice has taken it from another.
        await lab.started(name, PIZZERIA_LEASE_SECONDS="20")
    await lab.receiver.refuse_connections()
    await lab.traffic().run(lab.size(full=4_000, short=150))
    lab.note("events that waited", await _waiting_events(lab))
    await lab.receiver.accept_connections()
    return await lab.close_the_books()


async def _take_orders(lab: Lab, traffic: Traffic, orders: int) -> None:
    """For as long as the outage lasts: what is more, where the machine is slow, is left out."""
    ends_at = time.monotonic() + lab.size(full=600, short=4)
    traffic.start(orders)
    while time.monotonic() < ends_at:
        await asyncio.sleep(min(15.0, max(0.0, ends_at - time.monotonic())))
        lab.say(f"{traffic.finished:,} orders taken without a sink")
    await traffic.stop()


async def _waiting_events(lab: Lab) -> int:
    return sum(len(order.pending) for order in (await lab.auditor.read()).orders.values())


async def _backlog_is_told(lab: Lab, replica: Replica) -> bool:
    """Whether health and metrics come to tell how many orders wait, for whom, and since when."""
    waiting = await lab.auditor.waiting()

    async def both() -> bool:
        backlog = (await replica.health())["backlog"]
        in_metrics = sum(float(documents) for documents in DOCUMENTS.findall(await replica.metrics()))
        told = backlog["documents"] == in_metrics == waiting and backlog["oldestSeconds"] > 0
        return told and "CloudEventsHandler" in backlog["pausedHandlers"]

    try:
        await eventually(both, TOLD_SECONDS)
    except AssertionError:
        return False
    return True


def _refused(traffic: Traffic) -> list[str]:
    """A 409 is no refusal: it tells a client whose answer was slow that its command was done."""
    refusals = {status: count for status, count in traffic.answers.items() if status not in (200, 201, 409)}
    return [f"answered {status}" for status, count in refusals.items() for _ in range(count)]


def _grown(memory: MemoryWatch, at_the_start: int, orders: int) -> list[str]:
    """From a fifth of the backlog to the whole of it. A short run may have no sample of that fifth."""
    before = max(at_the_start, memory.most(waiting=range(1, orders // 5)))
    after = memory.most(waiting=range(orders // 5, 10**9))
    return [f"from {before} to {after} MB"] if after > before * LARGEST_GROWTH else []


@pytest.mark.fault(13, "no sink for a while, then three replicas at once for what has waited", part="b")
async def test_what_has_waited_is_shared_by_replicas_and_sent_by_one(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await shared_backlog(lab))


@pytest.mark.fault(13, "ten minutes without a sink: 100,000 events wait, then drain; memory stays bounded")
async def test_without_a_sink_orders_are_taken_and_memory_stays_bounded(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await no_sink(lab))
