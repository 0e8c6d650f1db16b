"""The event log: each event once, in order, at positions without gaps."""

import asyncio
from dataclasses import asdict, replace
from datetime import timedelta

from application.clock import utc_now
from application.store import Store
from domain.driver import Driver
from domain.events import DomainEvent, without_person
from tests.builders import an_order, confirm
from tests.contract.conftest import OpenStore
from tests.waiting import eventually


def placed(count: int) -> list[DomainEvent]:
    return [an_order().raised[0] for _ in range(count)]


async def test_events_are_kept_as_they_were_at_positions_from_one(store: Store) -> None:
    events = placed(3)
    before = utc_now() - timedelta(seconds=1)

    await store.event_log.append(events)

    logged = await store.event_log.after(0, 10)
    assert [(entry.position, entry.event) for entry in logged] == list(enumerate(events, start=1))
    assert all(before <= entry.recorded_at <= utc_now() for entry in logged)
    assert await store.event_log.last_position() == 3


async def test_an_empty_log_has_no_position(store: Store) -> None:
    await store.event_log.append([])

    assert await store.event_log.last_position() == 0
    assert await store.event_log.after(0, 10) == []


async def test_the_latest_events_come_first_a_page_at_a_time(store: Store) -> None:
    events = placed(5)
    await store.event_log.append(events)

    first = await store.event_log.latest(2)
    second = await store.event_log.latest(10, before=first[-1].position)

    assert [entry.event for entry in first + second] == events[::-1]
    assert [entry.position for entry in await store.event_log.latest(10, before=1)] == []


async def test_the_latest_events_of_one_aggregate_leave_out_all_others(store: Store) -> None:
    order = an_order()
    confirm(order)
    await store.event_log.append([*placed(2), *order.raised, *placed(2)])

    latest = await store.event_log.latest(10, aggregate_id=order.id)

    assert [entry.event for entry in latest] == list(reversed(order.raised))
    assert await store.event_log.latest(10, aggregate_id=order.id, before=latest[-1].position) == []


async def test_a_repeated_event_is_written_once_and_the_new_ones_beside_it_too(store: Store) -> None:
    events = placed(6)
    await store.event_log.append(events[1:4])

    await store.event_log.append(events[:5])
    await store.event_log.append([events[5], events[5], events[0]])

    logged = await store.event_log.after(0, 10)
    assert [entry.position for entry in logged] == [1, 2, 3, 4, 5, 6]
    assert [entry.event for entry in logged] == [*events[1:4], events[0], events[4], events[5]]


async def test_two_aggregates_of_different_kinds_may_have_the_same_id(store: Store) -> None:
    order, now = an_order(order_id="mario"), utc_now()
    driver = Driver.register("mario", "Mario", now)

    await store.event_log.append([*order.raised, *driver.raised])

    assert [entry.event for entry in await store.event_log.after(0, 10)] == [*order.raised, *driver.raised]


async def test_four_appenders_on_two_replicas_leave_no_gap_and_write_nothing_twice(open_store: OpenStore) -> None:
    events = placed(200)
    batches = [events[start : start + 20] for start in range(0, 200, 10)]  # each event in two batches

    async with open_store(10.0) as here, open_store(10.0) as there:

        async def append(number: int) -> None:
            log = (here, there)[number % 2].event_log
            for batch in batches[number::4]:
                await log.append(batch)

        await asyncio.gather(*(append(number) for number in range(4)))
        logged = await here.event_log.after(0, 1_000)

    assert [entry.position for entry in logged] == list(range(1, 201))
    assert {entry.event.event_id for entry in logged} == {event.event_id for event in events}


async def test_a_reader_who_follows_misses_nothing_while_others_append(open_store: OpenStore) -> None:
    events = placed(120)
    seen: list[str] = []

    async with open_store(10.0) as here, open_store(10.0) as there:

        async def follow() -> None:
            position = 0
            while len(seen) < len(events):
                for entry in await here.event_log.after(position, 7):
                    assert entry.position == position + 1
                    position = entry.position
                    seen.append(entry.event.event_id)
                await asyncio.sleep(0)

        async def append(store: Store, mine: list[DomainEvent]) -> None:
            for start in range(0, len(mine), 6):
                await store.event_log.append(mine[start : start + 6])

        async with asyncio.timeout(30):
            await asyncio.gather(follow(), append(here, events[:60]), append(there, events[60:]))

    assert sorted(seen) == sorted(event.event_id for event in events)


async def test_the_events_of_an_aggregate_come_in_the_order_of_their_versions(store: Store) -> None:
    order, other = an_order(), an_order()
    confirm(order)
    order.cancel(utc_now(), "no more dough")
    first, second, third = order.raised
    await store.event_log.append([second, *other.raised, first, third])

    async def versions(after: int) -> list[int]:
        found = await store.event_log.of_aggregate(order.id, after_version=after)
        return [entry.event.aggregate_version for entry in found]

    assert await versions(0) == [1, 2, 3]
    assert await versions(2) == [3]
    assert await versions(3) == []


async def test_after_gives_no_more_than_asked_for(store: Store) -> None:
    await store.event_log.append(placed(10))

    assert [entry.position for entry in await store.event_log.after(3, 4)] == [4, 5, 6, 7]


async def test_an_append_wakes_those_who_wait_in_this_process(store: Store) -> None:
    woken = asyncio.create_task(store.event_log.appended.wait(10))
    await asyncio.sleep(0)

    await store.event_log.append(placed(1))

    await eventually(woken.done)
    assert woken.result()


async def test_an_erasure_empties_what_is_personal_and_nothing_else(store: Store) -> None:
    anna, bo = (an_order(phone=phone, email="a@example.com", notes="ring twice") for phone in ("081 1", "081 2"))
    confirm(anna)
    anna.cancel(utc_now(), "moved to Rome")
    await store.event_log.append([*anna.raised, *bo.raised])

    for _ in range(2):
        await store.event_log.erase([anna.id, "nobody"])

    logged = await store.event_log.after(0, 10)
    assert [entry.position for entry in logged] == [1, 2, 3, 4]
    assert [entry.event for entry in logged] == [*map(without_person, anna.raised), *bo.raised]
    placed, confirmed, cancelled = (asdict(entry.event) for entry in logged[:3])
    assert {placed[name] for name in ("customer_name", "customer_phone")} == {""}
    assert {placed[name] for name in ("customer_email", "delivery_address", "notes")} == {None}
    assert (confirmed["notes"], cancelled["reason"], placed["total_amount"]) == (None, "", 4_867)


async def test_what_comes_late_to_an_erased_log_does_not_bring_the_person_back(store: Store) -> None:
    order = an_order()
    await store.event_log.append(order.raised)
    await store.event_log.erase([order.id])

    await store.event_log.append(order.raised)

    assert [entry.event for entry in await store.event_log.after(0, 10)] == [without_person(order.raised[0])]


async def test_a_long_batch_is_written_whole(store: Store) -> None:
    order = an_order()
    template = order.raised[0]
    events = [
        replace(e, aggregate_id=template.aggregate_id, aggregate_version=n) for n, e in enumerate(placed(1_100), 1)
    ]

    await store.event_log.append(events)

    logged = await store.event_log.of_aggregate(template.aggregate_id)
    assert [entry.event.aggregate_version for entry in logged] == list(range(1, 1_101))
    assert await store.event_log.last_position() == 1_100
