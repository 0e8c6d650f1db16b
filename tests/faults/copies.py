"""Copies of the store, made and put back by the commands that operators use, and what must be true of each."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.contract.servers import drop_database, in_database
from tests.faults.books import Auditor, Books, MongoAuditor, Pending, SqliteAuditor
from tests.faults.lab import Lab, a_lab
from tests.faults.ledger import DISPLAY, SINK, Acknowledged, Arrival, Ledger, Verdict
from tests.faults.messages import EMAIL, SMS, Message
from tests.pizzeria import run

#: Who tells each receiver.
HANDLERS = {
    SINK: "CloudEventsHandler",
    DISPLAY: "KitchenDisplayHandler",
    SMS: "SmsNotificationHandler",
    EMAIL: "EmailNotificationHandler",
}
#: How many clients order while a copy is made.
CLIENTS = 8
INCONSISTENT = "events that a copy has twice, beyond its orders, or not at all"


@dataclass(frozen=True, slots=True)
class Known:
    """What the world knew at one moment."""

    acknowledged: list[Acknowledged]
    arrivals: list[Arrival]
    messages: list[Message]
    unsure: int

    @classmethod
    def by(cls, ledger: Ledger) -> "Known":
        return cls(list(ledger.acknowledged), list(ledger.arrivals), list(ledger.messages), ledger.unsure)


async def pizzeria(lab: Lab, command: str, file: Path, database_url: str) -> None:
    """Run `pizzeria backup` or `restore`. Raises AssertionError, with what it said, where it fails."""
    settings = {"PIZZERIA_DATABASE_URL": database_url}
    code, said = await run(command, file, settings=settings, tree=lab.tree, seconds=600)
    assert code == 0, f"{command}: {said}"


@asynccontextmanager
async def another_store(lab: Lab) -> AsyncIterator[tuple[str, Auditor]]:
    """The address of a store like the lab's, empty, and its auditor."""
    name = f"copy_{uuid.uuid4().hex}"
    if lab.store == "sqlite":
        path = lab.folder / f"{name}.db"
        yield f"sqlite:///{path}", SqliteAuditor(path)
        return
    url = in_database(lab.database_url, name)
    try:
        yield url, MongoAuditor(url, name)
    finally:
        await drop_database(url, name)


async def serve_copy(lab: Lab, file: Path, before: Known, after: Known) -> Verdict:
    """Restore a backup that was begun and finished when the world knew `before` and `after`; a fresh replica has to
    deliver what waited. What arrived before the backup, or does not wait in it, needs not come again."""
    async with another_store(lab) as (url, auditor):
        await pizzeria(lab, "restore", file, url)
        books = await auditor.read()
        async with a_lab(lab.store, url, auditor, lab.folder, seed=lab.seed, full=lab.full, tree=lab.tree) as copy:
            copy.ledger.acknowledged += before.acknowledged
            copy.stocked = True
            copy.ledger.arrivals += _told(books, before, after)
            copy.ledger.messages += _heard(books, before, after)
            copy.ledger.excused |= {arrival.incarnation for arrival in after.arrivals}
            copy.ledger.excused |= {message.incarnation for message in after.messages}
            # An order that was placed while the copy was made may have reserved in it, and not be in it itself.
            copy.ledger.unsure = after.unsure + len(after.acknowledged) - len(before.acknowledged) + CLIENTS
            copy.ledger.ahead = lab.store == "mongodb"
            await copy.started("copy")
            verdict = await copy.close_the_books()
    _judge_consistency(books, verdict)
    return verdict


def _told(books: Books, before: Known, after: Known) -> list[Arrival]:
    happened, waiting, early = _happened(books), _waiting(books), set(before.arrivals)
    return [
        arrival
        for arrival in after.arrivals
        if arrival.event_id in happened and (arrival in early or arrival.event_id not in waiting[arrival.receiver])
    ]


def _heard(books: Books, before: Known, after: Known) -> list[Message]:
    """What is on record as sent is not sent again, whether the event waits or not."""
    happened, waiting, early = _happened(books), _waiting(books), set(before.messages)
    sent = {record_id for record_id, record in books.effects.records.items() if record.status == "sent"}
    return [
        message
        for message in after.messages
        if message.event_id in happened
        and (
            message in early
            or message.event_id not in waiting[message.channel]
            or f"{message.event_id}/{message.channel}" in sent
        )
    ]


def _happened(books: Books) -> set[str]:
    return {entry.event_id for entry in books.log} | {pending.event_id for pending in _pending(books)}


def _waiting(books: Books) -> dict[str, set[str]]:
    """The events that each receiver is still to hear of."""
    return {
        receiver: {entry.event_id for entry in _pending(books) if entry.waits_for(handler)}
        for receiver, handler in HANDLERS.items()
    }


def _pending(books: Books) -> list[Pending]:
    return [pending for order in books.orders.values() for pending in order.pending]


def _judge_consistency(books: Books, verdict: Verdict) -> None:
    """Each order's events, up to its version, are in the log or wait; there is none beyond."""
    verdict.counts.setdefault(INCONSISTENT, 0)
    logged: dict[str, list[int]] = {order_id: [] for order_id in books.orders}
    for entry in books.log:
        logged.setdefault(entry.order_id, []).append(entry.version)
    for order_id, versions in logged.items():
        order = books.orders.get(order_id)
        there = set(versions) | {pending.version for pending in order.pending} if order else set(versions)
        wanted = set(range(1, order.version + 1)) if order else set()
        if there != wanted or len(versions) != len(set(versions)):
            verdict.add(INCONSISTENT, f"{order_id}: {sorted(versions)} logged, {sorted(there ^ wanted)} odd")
