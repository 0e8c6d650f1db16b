"""Fault 15: others report payments, each often, in no order, by many at once; the service is killed meanwhile."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from domain.incoming import incoming_id
from tests.app.reports import BATCH, STRUCTURED, a_payment_report, binary
from tests.faults.books import Books
from tests.faults.conftest import Conclude
from tests.faults.lab import Lab
from tests.faults.ledger import PLACE, Verdict
from tests.faults.replica import API_KEY

SENDERS = 8
MOST_OFTEN = 5
LARGEST_BATCH = 100
REPORTS_OF_AN_ORDER = 10
#: Every so many reports tell of a payment that another source has reported too.
TOLD_TWICE = 10
PLACE_ONLY = (((), 1),)
#: Three replicas and eight senders on two cores: let no want of processor time be what a lease ends for.
LEASE_SECONDS = "8"
PATIENCE = aiohttp.ClientTimeout(total=4)
MISSING, TWICE, UNASKED = "payments missing", "payments twice", "payments that nobody made"
NOT_KEPT, PARKED, MONEY = "acknowledged reports missing", "reports parked", "cents too many or too few"


@dataclass(frozen=True, slots=True)
class Report:
    """A CloudEvent as it is sent, and the payment that it tells of."""

    event: dict[str, Any]
    order_id: str
    payment_id: str
    amount: int


class Senders:
    """They send all letters between them, singly or in batches, each until it is acknowledged."""

    def __init__(self, lab: Lab, letters: Sequence[Report]) -> None:
        self.sent = 0
        self.acknowledged: set[tuple[str, str]] = set()
        self._lab = lab
        self._letters = letters

    async def run(self) -> None:
        async with aiohttp.ClientSession(headers={"X-API-Key": API_KEY}, timeout=PATIENCE) as session:
            batches = self._batches()
            await asyncio.gather(*(self._send_all(batches, session) for _ in range(SENDERS)))

    def _batches(self) -> Iterator[Sequence[Report]]:
        start = 0
        while start < len(self._letters):
            size = self._lab.random.choice((1, 1, self._lab.random.randint(2, LARGEST_BATCH)))
            yield self._letters[start : start + size]
            start += size

    async def _send_all(self, batches: Iterator[Sequence[Report]], session: aiohttp.ClientSession) -> None:
        for batch in batches:
            headers, body = self._message([report.event for report in batch])
            while not await self._is_taken(session, headers, body):
                await asyncio.sleep(0.05)
            self.sent += len(batch)
            self.acknowledged |= {(report.event["source"], report.event["id"]) for report in batch}

    def _message(self, events: list[dict[str, Any]]) -> tuple[dict[str, str], bytes]:
        if len(events) > 1:
            return {"content-type": BATCH}, json.dumps(events).encode()
        if self._lab.random.random() < 0.5:
            return binary(events[0])
        return {"content-type": STRUCTURED}, json.dumps(events[0]).encode()

    async def _is_taken(self, session: aiohttp.ClientSession, headers: dict[str, str], body: bytes) -> bool:
        urls = self._lab.urls()
        if not urls:
            return False
        self._lab.note("requests")
        try:
            url = f"{self._lab.random.choice(urls)}/api/events"
            async with session.post(url, data=body, headers=headers) as response:
                assert response.status in (202, 503), await response.text()
                return response.status == 202
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            return False


async def payments_reported(lab: Lab) -> Verdict:
    """Payments for real orders come in while a replica is killed now and then."""
    for name in ("a",) if lab.store == "sqlite" else ("a", "b", "c"):
        await lab.started(name, PIZZERIA_LEASE_SECONDS=LEASE_SECONDS)
    count = lab.size(full=30_000, short=300)
    await lab.traffic(lives=PLACE_ONLY).run(count // REPORTS_OF_AN_ORDER)
    reports = _reports(lab, count)
    letters = [report for report in reports for _ in range(lab.random.randint(1, MOST_OFTEN))]
    lab.random.shuffle(letters)
    lab.note("reports", len(reports))
    lab.note("sent", len(letters))
    senders = Senders(lab, letters)
    running = asyncio.create_task(senders.run())
    await _kill_until_done(lab, senders, running, len(letters), kills=lab.size(full=20, short=1))
    await running
    verdict = await lab.close_the_books()
    _judge(await lab.auditor.read(), reports, senders.acknowledged, verdict)
    return verdict


def _reports(lab: Lab, count: int) -> list[Report]:
    orders = [ack.order_id for ack in dict.fromkeys(lab.ledger.acknowledged) if ack.move == PLACE]
    reports: list[Report] = []
    for number in range(count):
        if number % TOLD_TWICE == TOLD_TWICE - 1:
            told = lab.random.choice(reports)
            order_id, payment_id, amount = told.order_id, told.payment_id, told.amount
        else:
            order_id, payment_id, amount = orders[number % len(orders)], f"p-{number}", lab.random.randint(1, 999)
        event = a_payment_report(order_id, paymentId=payment_id, amount=amount)
        source = f"/psp/{number % 3}"
        reports.append(Report(event | {"source": source, "id": f"evt-{number}"}, order_id, payment_id, amount))
    return reports


async def _kill_until_done(
    lab: Lab, senders: Senders, running: "asyncio.Task[None]", letters: int, *, kills: int
) -> None:
    for number in range(1, kills + 1):
        while not running.done() and senders.sent < letters * number // (kills + 1):
            await asyncio.sleep(0.005)
        await asyncio.sleep(lab.random.uniform(0, 0.05))
        victim = lab.random.choice(lab.replicas)
        await victim.kill()
        await victim.start()
        lab.note("kills")
        lab.say(f"{number} of {kills} kills, {senders.sent:,} of {letters:,} sent")


def _judge(books: Books, reports: Sequence[Report], acknowledged: set[tuple[str, str]], verdict: Verdict) -> None:
    made = {(report.order_id, report.payment_id): report.amount for report in reports}
    kept = Counter(
        (order_id, payment_id) for order_id, order in books.orders.items() for payment_id, _ in order.payments
    )
    verdict.count(MISSING, (f"{payment}" for payment in made.keys() - kept.keys()))
    verdict.count(UNASKED, (f"{payment}" for payment in kept.keys() - made.keys()))
    verdict.count(TWICE, (f"{payment}" for payment, times in kept.items() if times > 1))
    received = Counter(entry.order_id for entry in books.log if entry.type == "PaymentReceivedEvent")
    wanted = Counter(order_id for order_id, _ in made)
    verdict.count(
        TWICE, (f"{order_id}: told too often" for order_id in received if received[order_id] > wanted[order_id])
    )
    verdict.count(NOT_KEPT, (f"{event}" for event in acknowledged if incoming_id(*event) not in books.incoming))
    verdict.count(PARKED, (entry_id for entry_id, pending in books.incoming.items() if any(p.parked for p in pending)))
    verdict.count("left waiting", (entry_id for entry_id, pending in books.incoming.items() if pending))
    paid = sum(amount for order in books.orders.values() for _, amount in order.payments)
    verdict.counts[MONEY] = abs(paid - sum(made.values()))
    verdict.facts |= {"payments": len(made), "cents": paid}


@pytest.mark.fault(15, "payments reported 1 to 5 times each, shuffled, by 8 senders at once, `kill -9` in between")
async def test_payments_reported_often_by_many_are_counted_once(lab: Lab, conclude: Conclude) -> None:
    conclude(lab, await payments_reported(lab))
