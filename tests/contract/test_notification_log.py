"""The record of notifications: one for each event and channel, and what is final stays."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from application.clock import utc_now
from application.ports.notifications import Channel, NotificationKind, NotificationRecord, NotificationStatus
from application.store import Store

NOW = utc_now()
SENT, FAILED = NotificationStatus.SENT, NotificationStatus.FAILED
REJECTED, SKIPPED = NotificationStatus.REJECTED, NotificationStatus.SKIPPED


def record(event_id: str, status: NotificationStatus = SENT, **changes: Any) -> NotificationRecord:
    channel = changes.pop("channel", Channel.SMS)
    plain = NotificationRecord(
        id=f"{event_id}/{channel}",
        order_id="order-1",
        kind=NotificationKind.READY,
        channel=channel,
        status=status,
        attempts=1,
        at=NOW,
        provider_id="SM1" if status is SENT else None,
        error=None if status is SENT else "503",
    )
    return replace(plain, **changes)


async def test_a_record_comes_back_as_it_was_written(store: Store) -> None:
    sent, skipped = record("e1"), record("e2", SKIPPED, attempts=0, error="no_email", channel=Channel.EMAIL)
    await store.notifications.write([sent, skipped])

    found = await store.notifications.find(["e1/sms", "e2/email", "e3/sms"])

    assert found == {"e1/sms": sent, "e2/email": skipped}


async def test_nothing_written_and_nothing_sought_is_nothing(store: Store) -> None:
    await store.notifications.write([])
    assert await store.notifications.find([]) == {}


async def test_what_failed_is_replaced_by_what_came_of_the_next_try(store: Store) -> None:
    log = store.notifications
    await log.write([record("e1", FAILED), record("e2", FAILED), record("e3", FAILED)])

    again = [
        record("e1", FAILED, attempts=2, error="timed_out", at=NOW + timedelta(seconds=9)),
        record("e2", SENT, attempts=2),
        record("e4", SENT),
        record("e3", REJECTED, attempts=2, error="21211"),
    ]
    await log.write(again)

    assert await log.find(["e1/sms", "e2/sms", "e3/sms", "e4/sms"]) == {found.id: found for found in again}


async def test_what_is_final_stays_whatever_comes_late(store: Store) -> None:
    finals = [record("e1", SENT), record("e2", REJECTED), record("e3", SKIPPED)]
    await store.notifications.write(finals)

    late = [replace(final, status=status, attempts=9) for final in finals for status in NotificationStatus]
    for one in late:
        await store.notifications.write([one])

    assert list((await store.notifications.find([final.id for final in finals])).values()) == finals


async def test_the_record_of_an_order_begins_with_its_oldest_event(store: Store) -> None:
    await store.notifications.write(
        [record("e2"), record("e3", order_id="other"), record("e1"), record("e1", channel=Channel.EMAIL)]
    )

    found = await store.notifications.of_order("order-1")

    assert [one.id for one in found] == ["e1/email", "e1/sms", "e2/sms"]
    assert await store.notifications.of_order("nobody's") == []


async def test_records_are_found_by_status_a_page_at_a_time_the_newest_event_first(store: Store) -> None:
    log = store.notifications
    await log.write([record(f"e{n}", FAILED if n % 2 else SENT) for n in range(6)])

    first = await log.list(FAILED, limit=2, before_id=None)
    second = await log.list(FAILED, limit=2, before_id=first[-1].id)

    assert [one.id for one in first + second] == ["e5/sms", "e3/sms", "e1/sms"]
    assert [one.id for one in await log.list(SENT, limit=9, before_id="e4/sms")] == ["e2/sms", "e0/sms"]
    assert len(await log.list(None, limit=9, before_id=None)) == 6
    assert await log.list(REJECTED, limit=9, before_id=None) == []


async def test_a_failure_that_was_mended_is_no_longer_among_the_failures(store: Store) -> None:
    log = store.notifications
    await log.write([record("e1", FAILED)])
    await log.write([record("e1", SENT, attempts=2)])

    assert await log.list(FAILED, limit=9, before_id=None) == []
    (found,) = await log.list(SENT, limit=9, before_id=None)
    assert (found.attempts, found.error, found.provider_id) == (2, None, "SM1")
