"""Fault 7: one of three replicas stands still for longer than its leases last, and wakes up with work in its hands."""

import asyncio
from collections.abc import Callable, Iterable

import aiohttp
import pytest

from tests.faults.books import Books
from tests.faults.conftest import Conclude
from tests.faults.lab import LEASE_SECONDS, Lab
from tests.faults.ledger import PLACE, SINK, Verdict
from tests.faults.messages import EMAIL, SMS
from tests.faults.replica import API_KEY, Replica
from tests.faults.sleepers import Sleep, freeze
from tests.sinks import OK, Reply, Request
from tests.waiting import eventually

LATE = "writes got through late"
UNTRIED = "runs in which no acknowledgement came late"
#: Orders that the frozen one works on, and how long the sink lets it wait for its answers, in seconds.
HELD, HOLD = 10, 5.0
#: So soon clients turn to another replica, in seconds.
PATIENCE = 2.5


async def frozen_in_traffic(lab: Lab) -> Verdict:
    """Frozen at any moment; the others finish what it had; woken, it changes nothing any more."""
    found, replicas = Verdict(), await _three(lab)
    awake = list(replicas)
    traffic = lab.traffic(clients=8, patience=PATIENCE, urls=lambda: [replica.url for replica in awake])
    for _ in range(lab.size(full=40, short=1)):
        traffic.start()
        await eventually(lambda enough=traffic.finished + 10: traffic.finished >= enough, 60)  # type: ignore[misc]
        sleeper = lab.random.choice(replicas)
        sleep = await freeze(lab, sleeper)
        awake.remove(sleeper)
        await traffic.stop()
        await sleep.outlast(LEASE_SECONDS)
        await lab.settle()
        await _wake(lab, sleep, found)
        awake.append(sleeper)
    return _with(await lab.close_the_books(), found)


async def frozen_at_work(lab: Lab) -> Verdict:
    """Frozen while the sink's answers are on their way to it. The others repeat what it had, and when it wakes as many
    new events wait for each order as it knows of: acknowledging those is what it must not manage."""
    found, replicas = Verdict(), await _three(lab)
    for _ in range(lab.size(full=40, short=2)):
        sleeper = lab.random.choice(replicas)
        other = next(replica for replica in replicas if replica is not sleeper)
        repeated = _repeated(lab, sleeper)
        sleep, orders = await _freeze_at_work(lab, sleeper)
        lab.receiver.choose = lambda _: OK
        await sleep.outlast(LEASE_SECONDS)
        await lab.settle()
        lab.note("events in its hands", _repeated(lab, sleeper) - repeated)
        lab.receiver.choose = lambda _: Reply(status=503)
        await _confirm(lab, other, orders)
        await eventually(lambda confirmed=set(orders): _is_told_of(lab, confirmed), 30)  # type: ignore[misc]
        await sleep.outlast(HOLD)  # its answers are there now
        await _wake(lab, sleep, found)
        lab.receiver.choose = lambda _: OK
        await lab.settle()
    if not lab.facts["events in its hands"]:
        found.add(UNTRIED, "no sleeper held anything when it was frozen")
    return _with(await lab.close_the_books(), found)


async def _three(lab: Lab) -> list[Replica]:
    return list(await asyncio.gather(*(lab.started(name) for name in "abc")))


async def _freeze_at_work(lab: Lab, sleeper: Replica) -> tuple[Sleep, list[str]]:
    """Its sleep, and the orders whose first event it has in hand."""

    def hold_its_answers(request: Request) -> Reply:
        return Reply(after=HOLD) if request.path.endswith(f"/{sleeper.incarnation}") else OK

    def sent_by_it() -> int:
        return sum(arrival.incarnation == sleeper.incarnation for arrival in lab.ledger.arrivals)

    await _sends_again(lab, sleeper, sent_by_it)
    lab.receiver.choose = hold_its_answers
    sent, known = sent_by_it(), len(lab.ledger.acknowledged)
    await lab.traffic(clients=HELD, lives=(((), 1),), urls=lambda: [sleeper.url]).run(HELD)
    await eventually(lambda: sent_by_it() >= sent + HELD, 30)
    sleep = await freeze(lab, sleeper)
    return sleep, [ack.order_id for ack in lab.ledger.acknowledged[known:] if ack.move == PLACE]


def _repeated(lab: Lab, sleeper: Replica) -> int:
    """How many events it had sent and not acknowledged: others sent them again."""
    senders: dict[str, set[str]] = {}
    for arrival in lab.ledger.arrivals:
        if arrival.receiver == SINK:
            senders.setdefault(arrival.event_id, set()).add(arrival.incarnation)
    return sum(sleeper.incarnation in names and len(names) > 1 for names in senders.values())


async def _sends_again(lab: Lab, replica: Replica, sent: Callable[[], int]) -> None:
    """It may have paused since the sink refused it in an earlier round; others send its orders' events then."""
    before = sent()
    while sent() == before:
        await lab.traffic(clients=1, lives=(((), 1),), urls=lambda: [replica.url]).run(1)
        await lab.settle()


async def _confirm(lab: Lab, replica: Replica, orders: Iterable[str]) -> None:
    async with aiohttp.ClientSession(headers={"X-API-Key": API_KEY}) as session:
        for order_id in orders:
            async with session.post(f"{replica.url}/api/orders/{order_id}/confirm") as response:
                body = await response.json()
                assert response.status == 200, body
                lab.ledger.acknowledge(order_id, "confirm", body["version"])


async def _is_told_of(lab: Lab, orders: set[str]) -> bool:
    """Whether every handler but the sink's has done with the confirmation of these orders."""
    books = await lab.auditor.read()
    logged = {entry.order_id: entry.event_id for entry in books.log if entry.version == 2}
    deducted = {movement.order_id for movement in books.effects.stock if movement.kind == "deducted"}
    credited = {movement.order_id for movement in books.effects.points}
    told = [f"{logged.get(order_id)}/{channel}" for order_id in orders for channel in (SMS, EMAIL)]
    everywhere = logged.keys() & books.tickets.keys() & deducted & credited
    return orders <= everywhere and books.effects.records.keys() >= set(told)


async def _wake(lab: Lab, sleep: Sleep, found: Verdict) -> None:
    """Wake it, and compare the books before and after."""
    before = _entries(await lab.auditor.read())
    lost = await sleep.end()
    after = _entries(await lab.auditor.read())
    for what in sorted(before ^ after):
        found.add(LATE, f"{what} {'is gone' if what in before else 'is new'}")
    lab.note("wakings")
    lab.note("leases found lost", lost)
    lab.note("wakings with stale claims", int(lost > 0))


def _entries(books: Books) -> set[str]:
    """All that the store says, line by line; leases left out, which the others take and give back all the time. So is
    what was reserved for no order: who wakes up placing one that another has placed since reserves, and releases it."""
    return {
        *(f"order {order_id} #{order.version} {order.status}" for order_id, order in books.orders.items()),
        *(f"pending {entry.event_id}" for order in books.orders.values() for entry in order.pending),
        *(f"log {entry}" for entry in books.log),
        *(f"ticket {order_id} #{version}" for order_id, version in books.tickets.items()),
        *(f"place {order_id}" for order_id in books.places),
        *(f"stock {movement}" for movement in books.effects.stock if movement.order_id in books.orders),
        *(f"points {movement}" for movement in books.effects.points),
        *(f"record {record_id}: {record}" for record_id, record in books.effects.records.items()),
    }


def _with(verdict: Verdict, found: Verdict) -> Verdict:
    for what in (LATE, *found.examples):
        verdict.counts[what] = found.counts[what]
        verdict.examples[what] = found.examples[what]
    return verdict


TITLE = "three replicas on one store, one frozen (SIGSTOP) past its lease and woken again"


@pytest.mark.fault(7, TITLE, part="a")
async def test_a_replica_that_was_frozen_at_any_moment_changes_nothing_late(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await frozen_in_traffic(lab))


@pytest.mark.fault(7, f"{TITLE}, with its sink's answers under way", part="b")
async def test_a_replica_that_was_frozen_at_work_acknowledges_nothing_late(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await frozen_at_work(lab))
