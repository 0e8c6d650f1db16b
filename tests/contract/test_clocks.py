"""What a machine believes the hour to be moves no lease, no retry and no age."""

import sqlite3
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from application.clock import steady_now, utc_now
from application.dispatch.outbox import Delivery, Outbox, Outcome, PendingEvent, Settlement
from application.store import Store
from infrastructure.sqlite.clock import FileClock
from infrastructure.sqlite.moments import to_ms
from infrastructure.sqlite.store import SqliteStore
from tests.builders import an_order, confirm
from tests.contract.recording import RecordingDeliveries
from tests.contract.retrying import retried
from tests.contract.test_claiming import claim_eventually
from tests.waiting import eventually

HOUR = 3600.0
LEASE_SECONDS = 0.4
SOON = timedelta(seconds=5)

either_way = pytest.mark.parametrize("off", [-HOUR, HOUR], ids=["behind", "ahead"])


def a_clock(boot: str, off: float = 0.0) -> FileClock:
    """The clock of a process on a machine in its run `boot`, whose system clock is off by so many seconds."""
    return FileClock(boot=boot, system_time=lambda: time.time() + off)


async def opened(folder: Path, clock: FileClock, lease_seconds: float = LEASE_SECONDS) -> SqliteStore:
    store = SqliteStore(folder / "pizzeria.db", lease_seconds=lease_seconds, clock=clock)
    await store.open()
    return store


@either_way
@pytest.mark.parametrize("boot", ["same", "next"])
async def test_leases_of_the_dead_end_in_time_on_a_machine_with_another_hour(
    tmp_path: Path, off: float, boot: str
) -> None:
    dying = await opened(tmp_path, a_clock("same"))
    dying.attach(RecordingDeliveries())
    order = an_order()
    await dying.orders.add(order)
    await dying.close()

    heir = await opened(tmp_path, a_clock(boot, off))
    claim = await claim_eventually(heir.outboxes["order"])
    await heir.close()

    assert claim.aggregate_id == order.id


@either_way
@pytest.mark.parametrize("boot", ["same", "next"])
async def test_a_retry_comes_in_time_on_a_machine_with_another_hour(tmp_path: Path, off: float, boot: str) -> None:
    dying = await opened(tmp_path, a_clock("same"), lease_seconds=10)
    await dying.orders.add(an_order())
    (claim,) = await dying.outboxes["order"].claim_due("", 10)
    due = steady_now() + timedelta(milliseconds=300)
    rest = [PendingEvent(claim.pending[0].event, {"Printer": Delivery(1, due)})]
    await dying.outboxes["order"].settle([Settlement(claim, 1, rest, lane="Printer", next_attempt_at=due)])
    await dying.close()

    heir = await opened(tmp_path, a_clock(boot, off), lease_seconds=10)
    again = await claim_eventually(heir.outboxes["order"], "Printer")
    await heir.close()

    (waiting,) = again.pending
    assert waiting.todo
    assert waiting.todo["Printer"].due
    assert waiting.todo["Printer"].due <= steady_now()


@either_way
async def test_a_process_that_starts_at_another_hour_takes_no_lease_that_is_held(tmp_path: Path, off: float) -> None:
    holder = await opened(tmp_path, a_clock("same"), lease_seconds=10)
    await holder.orders.add(an_order())
    (claim,) = await holder.outboxes["order"].claim_due("", 10)

    newcomer = await opened(tmp_path, a_clock("same", off), lease_seconds=10)

    assert await newcomer.outboxes["order"].claim_due("", 10) == []
    assert await holder.outboxes["order"].renew([claim]) == [Outcome.DONE]
    await newcomer.close()
    await holder.close()


async def test_a_machine_that_lost_its_hour_for_good_goes_on_from_where_the_file_was(tmp_path: Path) -> None:
    year = 365 * 24 * HOUR
    before = await opened(tmp_path, a_clock("first"))
    await before.close()
    lost = a_clock("second", -year)
    await (await opened(tmp_path, lost)).close()
    found = a_clock("third", year)
    await (await opened(tmp_path, found)).close()

    assert abs(lost.skew) < SOON
    assert abs(found.skew - timedelta(seconds=year)) < SOON


@pytest.mark.parametrize("what", ["an addition", "a save", "a claim", "a renewal", "a retry"])
async def test_the_file_knows_what_time_it_was_at(tmp_path: Path, what: str) -> None:
    """Or what was due soon after it would be due an hour later, on a machine that comes back an hour behind."""
    clock = FileClock(boot="first", note_ms=0)
    store = await opened(tmp_path, clock, lease_seconds=10)
    outbox, order = store.outboxes["order"], an_order()
    if what != "an addition":
        await store.orders.add(order)
    held = await outbox.claim_due("", 1) if what in ("a renewal", "a retry") else []
    before = clock.now()
    await eventually(lambda: clock.now() > before)
    moment = clock.now()
    match what:
        case "an addition":
            await store.orders.add(order)
        case "a save":
            confirm(order)
            await store.orders.save(order)
        case "a claim":
            await outbox.claim_due("", 1)
        case "a renewal":
            await outbox.renew(held)
        case "a retry":
            rest = [PendingEvent(held[0].pending[0].event, {"Printer": Delivery(1)})]
            await outbox.settle([Settlement(held[0], 1, rest, lane="Printer", next_attempt_at=steady_now())])
    await store.close()

    with closing(sqlite3.connect(tmp_path / "pizzeria.db")) as connection:
        (seen,) = connection.execute("SELECT seen FROM clock").fetchone()
        behind = a_clock("second", -HOUR)
        behind.set(connection)

    assert seen >= to_ms(moment)
    assert abs(behind.skew) < SOON


@either_way
async def test_a_file_whose_clock_began_at_another_hour_keeps_leases_retries_and_ages_right(
    tmp_path: Path, off: float
) -> None:
    store = await opened(tmp_path, a_clock("first", off), lease_seconds=10)

    found = await retried(store)
    await store.close()

    assert steady_now() >= found.due
    assert found.again.pending == found.rest
    assert abs(utc_now() - found.lane.oldest) < SOON


@either_way
async def test_the_backlogs_age_is_the_same_after_a_start_at_another_hour(tmp_path: Path, off: float) -> None:
    first = await opened(tmp_path, a_clock("same"))
    await first.orders.add(an_order())
    (before,) = await first.outboxes["order"].backlog()
    await first.close()

    second = await opened(tmp_path, a_clock("same", off))
    (after,) = await second.outboxes["order"].backlog()
    await second.close()

    assert abs(after.oldest - before.oldest) < SOON


@either_way
async def test_what_a_replica_at_another_hour_raised_grows_no_older_and_no_younger_for_it(
    store: Store, outbox: Outbox, off: float
) -> None:
    """Events carry the hour of the replica that raised them; how long they wait is another matter."""
    await store.orders.add(an_order(placed_at=utc_now() + timedelta(seconds=off)))
    (claim,) = await outbox.claim_due("", 10)
    rest = [PendingEvent(claim.pending[0].event, {"Printer": Delivery(1)})]
    await outbox.settle([Settlement(claim, 1, rest, lane="Printer", next_attempt_at=steady_now())])

    (lane,) = await outbox.backlog()

    assert abs(utc_now() - lane.oldest) < SOON


@either_way
async def test_an_event_raised_at_another_hour_waits_since_the_one_before_it_or_later_but_not_since_the_future(
    store: Store, outbox: Outbox, off: float
) -> None:
    order, when = an_order(), utc_now() + timedelta(seconds=off)
    order.confirm(when, when)
    await store.orders.add(order)
    (claim,) = await outbox.claim_due("", 10)
    rest = [PendingEvent(claim.pending[1].event, {"Printer": Delivery(1)})]
    await outbox.settle([Settlement(claim, 2, rest, lane="Printer", next_attempt_at=steady_now())])

    (lane,) = await outbox.backlog()

    assert abs(utc_now() - lane.oldest) < SOON


async def test_once_the_oldest_is_done_the_next_ones_age_counts(store: Store, outbox: Outbox) -> None:
    await store.orders.add(order := an_order())
    (claim,) = await outbox.claim_due("", 10)
    (first,) = await outbox.backlog()
    await eventually(lambda: utc_now() > first.oldest + timedelta(milliseconds=50))
    confirm(order)
    (confirmed,) = order.raised
    await store.orders.save(order)
    await outbox.renew([claim])
    rest = [PendingEvent(confirmed, {"Printer": Delivery(1)})]
    await outbox.settle([Settlement(claim, 2, rest, lane="Printer", next_attempt_at=steady_now())])

    (second,) = await outbox.backlog()

    assert second.oldest > first.oldest
