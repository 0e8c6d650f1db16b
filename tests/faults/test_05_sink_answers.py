"""Fault 5: the sink answers in every way but the right one."""

import asyncio
import re
import time

import pytest

from tests.faults.books import Books
from tests.faults.conftest import Conclude
from tests.faults.lab import STUCK_SECONDS, Lab
from tests.faults.ledger import Verdict
from tests.faults.operators_desk import desk_of
from tests.faults.replica import Replica
from tests.faults.sink_answers import ANSWERS, FOR_GOOD, TIMEOUT, BadAnswers
from tests.faults.traffic import Traffic
from tests.sinks import OK

MODES = ("structured", "binary", "batched")
SETTINGS = {"PIZZERIA_CLOUDEVENTS_TIMEOUT_SECONDS": str(TIMEOUT)}
#: Five failures in a row make the service wait: with more than this, it would do little else.
SHARE = 0.3
REFUSED = re.compile(r'^pizzeria_sink_request_duration_seconds_count\{outcome="unavailable"\} (\S+)', re.MULTILINE)


async def answer_badly(lab: Lab) -> Verdict:
    """Bad answers of every kind among good ones, in every content mode."""
    each = lab.size(full=1_000, short=3)
    replica = await lab.opened(**SETTINGS)
    unreported: list[str] = []
    followed = 0
    for number, mode in enumerate(MODES):
        await replica.start(PIZZERIA_CLOUDEVENTS_MODE=mode)
        lab.receiver.choose = answers = BadAnswers(lab.random, each * (number + 1) // 3 - each * number // 3, SHARE)
        traffic = lab.traffic()
        traffic.start()
        while traffic.runs and not answers.exhausted:
            await asyncio.sleep(0.01)
        lab.say(f"{mode}: {traffic.finished} orders")
        await _refuse(lab, replica, traffic, each * (number + 1) // 3)
        await traffic.stop()
        unreported += await _redrive(lab, replica, mode)
        followed += answers.followed
        if mode != MODES[-1]:
            await replica.stop()
    lab.note("answers of each kind", each)
    verdict = await lab.close_the_books()
    verdict.count("redirects followed", ["an event was sent to where a redirect points"] * followed)
    verdict.count("dead letters not reported", unreported)
    return verdict


async def answer_nothing_else(lab: Lab) -> Verdict:
    """For a while the sink knows one answer only, then it is well again; one kind after another."""
    replica = await lab.started(**SETTINGS)
    unreported: list[str] = []
    for kind in lab.random.sample(sorted(ANSWERS), k=lab.size(full=len(ANSWERS), short=4)):
        answer = ANSWERS[kind]
        lab.receiver.choose = lambda _, answer=answer: answer(lab.random)  # type: ignore[misc]
        traffic = lab.traffic()
        traffic.start()
        await asyncio.sleep(lab.size(full=10, short=2) / 10)
        if kind not in FOR_GOOD:
            lab.receiver.choose = lambda _: OK
        await traffic.stop()
        unreported += await _redrive(lab, replica, kind)
        lab.note("spells of one answer")
    verdict = await lab.close_the_books()
    verdict.count("dead letters not reported", unreported)
    return verdict


async def _refuse(lab: Lab, replica: Replica, traffic: Traffic, wanted: int) -> None:
    """Refuse connections, now and then, until so many posts have found nobody in this run."""
    for _ in range(wanted + 5):
        if not traffic.runs or lab.facts.get("refused", 0) >= wanted:
            break
        before = await _unavailable(replica)
        await lab.receiver.refuse_connections()
        await asyncio.sleep(lab.random.uniform(0.1, 0.3))
        lab.note("refused", await _unavailable(replica) - before)
        await lab.receiver.accept_connections()
        taken = lab.receiver.taken
        while traffic.runs and lab.receiver.taken < taken + 20:
            await asyncio.sleep(0.01)


async def _unavailable(replica: Replica) -> int:
    found = REFUSED.search(await replica.metrics())
    return int(float(found[1])) if found else 0


async def _redrive(lab: Lab, replica: Replica, what: str) -> list[str]:
    """What an operator does once the sink is well; returns what the service did not tell about its dead letters."""
    books = await _all_but_parked_done(lab)
    lab.receiver.choose = lambda _: OK
    async with desk_of(replica) as desk:
        told = await desk.is_told(orders=len(books.parked))
        lab.note("redriven", await desk.redrive_all())
    await lab.settle()
    return [] if told else [f"{what}: {len(books.parked)} orders"]


async def _all_but_parked_done(lab: Lab) -> Books:
    """Wait until nothing waits but dead letters and what is behind them, or nothing moves any more."""
    before: frozenset[str] = frozenset()
    moved_at = time.monotonic()
    while rest := (books := await lab.auditor.read()).waiting - books.parked:
        if rest != before:
            before, moved_at = rest, time.monotonic()
        if time.monotonic() - moved_at > STUCK_SECONDS:
            break
        await asyncio.sleep(0.1)
    return books


@pytest.mark.fault(
    5, "sink answers 500, 503 with Retry-After, 429, 410, 415, 301, never, slowly, refuses, resets, half a reply"
)
async def test_whatever_the_sink_answers_every_event_arrives_in_order(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await answer_badly(lab))


@pytest.mark.fault(5, "the same, each for a while and nothing else", part="b")
async def test_a_sink_that_is_well_again_gets_everything_in_order(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await answer_nothing_else(lab))
