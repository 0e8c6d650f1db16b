"""Fault 12: a new version is rolled out while everybody orders: replicas are told to stop, and others take over."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import SINK, Verdict
from tests.faults.replica import Replica
from tests.faults.traffic import Traffic
from tests.sinks import OK, Behaviour, Reply, Silence
from tests.waiting import eventually

FAILED = "accepted requests that failed"
STRANDED = "leases left behind"
IMPOLITE = "stops that ended badly"
#: Far longer than a lab waits for what does not move: what is not handed back at a stop stays away for good.
LEASE_SECONDS, PATIENCE = 60, 5
SETTINGS = {
    "PIZZERIA_LEASE_SECONDS": str(LEASE_SECONDS),
    "PIZZERIA_CLOUDEVENTS_TIMEOUT_SECONDS": str(PATIENCE),
}
#: Answers that blame the server. A replica that is about to end may give none of them.
FAILURES = (500, 502, 503, 504)
#: What the sink does. A stop waits three seconds for a handler, so that the slowest answers come too late for it.
SLOW: tuple[Behaviour, ...] = (Reply(after=PATIENCE - 0.5), Silence())
MOODS: tuple[Behaviour, ...] = (OK, Reply(status=503), Reply(after=0.5), *SLOW)
#: How many rolls there are between two nights, when nobody is left to take over.
DAY = 5


async def rolled_out(lab: Lab) -> Verdict:
    """One replica after another is replaced, the new one before the old one ends or after it; now and then all end."""
    rolls = lab.size(full=20, short=2)
    verdict = Verdict()
    replicas = [await lab.started(name, **SETTINGS) for name in "ab"]
    # Patient clients: an answer that comes late is an answer.
    traffics = [lab.traffic(clients=6, pause=0.05, patience=30, keep_alive=keep_alive) for keep_alive in (False, True)]
    for traffic in traffics:
        traffic.start()
    for roll in range(1, rolls + 1):
        _set_mood(lab, MOODS)
        await _some_orders(lab, traffics)
        await _replace(lab, replicas, roll, verdict)
        lab.note("rolls")
        if roll % DAY == 0 or roll == rolls:
            await _night(lab, replicas, traffics, verdict)
    lab.receiver.choose = lambda _: OK
    for traffic in traffics:
        await traffic.stop()
    return await _add_up(lab, traffics, verdict)


async def _all_deliver(lab: Lab, replicas: list[Replica]) -> None:
    """Wait until each of them has got something to the sink: none rests from what the sink did before."""
    known, wanted = len(lab.ledger.arrivals), {replica.incarnation for replica in replicas}
    await eventually(lambda: wanted <= {a.incarnation for a in lab.ledger.arrivals[known:] if a.receiver == SINK}, 60)


def _set_mood(lab: Lab, moods: Sequence[Behaviour]) -> None:
    mood = lab.random.choice(moods)
    lab.receiver.choose = lambda _: mood


async def _some_orders(lab: Lab, traffics: list[Traffic]) -> None:
    """Wait until both kinds of clients are busy, and a moment that nobody can foresee."""
    before = [traffic.finished for traffic in traffics]
    while any(traffic.runs and traffic.finished < was + 5 for traffic, was in zip(traffics, before, strict=True)):
        await asyncio.sleep(0.005)
    await asyncio.sleep(lab.random.uniform(0, 0.3))


async def _replace(lab: Lab, replicas: list[Replica], roll: int, verdict: Verdict) -> None:
    """The old one ends before the new one starts, or after it."""
    place = roll % len(replicas)
    old = replicas[place]
    if lab.random.random() < 0.5:
        await _stop(lab, old, verdict)
        await old.start()
        lab.note("old one first")
    else:
        replicas[place] = await lab.started(f"{'ab'[place]}{roll}-", **SETTINGS)
        await _stop(lab, old, verdict)
        lab.note("new one first")


async def _night(lab: Lab, replicas: list[Replica], traffics: list[Traffic], verdict: Verdict) -> None:
    """All go home while the sink keeps them waiting, so that nobody is left to deliver what they had in hand."""
    _set_mood(lab, [OK])
    await _all_deliver(lab, replicas)
    _set_mood(lab, SLOW)
    await _some_orders(lab, traffics)
    lab.note("leases held when all were stopped", (await lab.auditor.read()).leased)
    await asyncio.gather(*(_stop(lab, replica, verdict) for replica in replicas))
    books = await lab.auditor.read()
    for order_id, order in books.orders.items():
        if order.lease is not None:
            verdict.add(STRANDED, order_id)
    lab.note("nights")
    lab.note("orders left for the next day", sum(bool(order.pending) for order in books.orders.values()))
    await asyncio.gather(*(replica.start() for replica in replicas))


async def _stop(lab: Lab, replica: Replica, verdict: Verdict) -> None:
    lab.ledger.excused.add(replica.incarnation)  # an answer that came too late for it is another one's to repeat
    code = await replica.stop()
    if code:
        verdict.add(IMPOLITE, f"{replica.name} ended with {code}: {replica.tail()[-300:]}")


async def _add_up(lab: Lab, traffics: list[Traffic], found: Verdict) -> Verdict:
    fresh, kept = traffics
    for failure in fresh.unanswered:
        found.add(FAILED, f"fresh connection: {failure}")
    # A client may ask on a kept connection in the very moment in which it is closed. No server can help that; it must
    # only be true that nothing was done.
    for command in kept.done_unanswered:
        found.add(FAILED, f"kept connection: {command} was done, and not answered")
    lab.note("asked on a connection that was just closed", len(kept.unanswered))
    for traffic in traffics:
        for status in FAILURES:
            found.counts[FAILED] += traffic.answers[status]
        lab.note("requests answered", traffic.answers.total() - traffic.answers[0])
    verdict = await lab.close_the_books()
    for what in (FAILED, STRANDED, IMPOLITE):
        verdict.counts[what] = found.counts[what]
        verdict.examples[what] = found.examples[what]
    return verdict


@pytest.mark.fault(12, "SIGTERM while busy, replicas replaced one after another")
async def test_a_rolling_update_fails_no_accepted_request_and_strands_nothing(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await rolled_out(lab))
