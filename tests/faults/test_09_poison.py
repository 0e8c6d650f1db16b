"""Fault 9: one handler fails for some of the orders, whatever comes of them."""

import zlib
from collections.abc import Callable

import pytest

from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import Verdict
from tests.faults.operators_desk import desk_of
from tests.faults.receiver import OF_AN_ORDER, Choose, attributes_of
from tests.faults.traffic import EVENTS_OF_AN_ORDER
from tests.sinks import OK, Behaviour, Reply, Request

ATTEMPTS = 3


async def poison_some_orders(lab: Lab) -> Verdict:
    """The sink cannot swallow some of the orders. The others go on; when it is mended, those are redriven."""
    orders = round(lab.size(full=20_000, short=300) / EVENTS_OF_AN_ORDER)
    poisoned = _by_hash(lab.seed, percent=lab.size(full=1, short=10))  # the short form has too few for one in a hundred
    past_a_parked_one: list[str] = []
    lab.receiver.choose = _sick(poisoned, past_a_parked_one)
    replica = await lab.started(PIZZERIA_RETRY_ATTEMPTS=str(ATTEMPTS))
    await lab.take_orders(orders)
    chosen = {ack.order_id for ack in lab.ledger.acknowledged if poisoned(ack.order_id)}
    await lab.settle(parked=len(chosen))
    held_up = (await lab.auditor.read()).waiting - chosen
    lab.say(f"{len(chosen)} of {orders} orders are parked")

    async with desk_of(replica) as desk:
        told = await desk.is_told(orders=len(chosen))
        lab.note("dead letters", len(await desk.letters()))
        lab.receiver.choose = lambda _: OK
        lab.note("redriven", await desk.redrive_all())
    verdict = await lab.close_the_books()
    verdict.count("others held up", sorted(held_up))
    verdict.count("sent past a parked one", past_a_parked_one)
    verdict.count("dead letters not reported", [] if told else [f"{len(chosen)} orders"])
    return verdict


def _by_hash(seed: int, *, percent: int) -> Callable[[str], bool]:
    return lambda order_id: zlib.crc32(f"{seed}:{order_id}".encode()) % 100 < percent


def _sick(poisoned: Callable[[str], bool], past_a_parked_one: list[str]) -> Choose:
    """Of a poisoned order not even the first event gets through, so that no other may ever be tried."""

    def choose(request: Request) -> Behaviour:
        (event,) = attributes_of(request)
        if OF_AN_ORDER not in event["type"] or not poisoned(event["subject"]):
            return OK
        if int(event["sequence"]) > 1:
            past_a_parked_one.append(f"{event['subject']} #{event['sequence']}")
        return Reply(500)

    return choose


@pytest.mark.fault(9, "a handler that fails for 1 % of the orders: others go on, parked ones come back in order")
async def test_what_fails_holds_up_nothing_else_and_comes_back_in_order(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await poison_some_orders(lab))
