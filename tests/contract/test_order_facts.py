"""Facts about orders: each follows its order forwards only, and marks its hour whatever comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from application.analytics.facts import FactChange, FactLine, OrderFact
from application.analytics.keeper import FIRST, LAST
from application.store import Store

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)


def a_fact(order_id: str, *, at: datetime = NOON, version: int = 1, **parts: Any) -> OrderFact:
    plain: dict[str, Any] = {
        "status": "pending",
        "fulfilment": "pickup",
        "currency": "EUR",
        "total_amount": 4867,
        "pizza_count": 3,
        "lines": (FactLine("margherita", "large", 2, 3398), FactLine("diavola", "small", 1, 1469)),
        "customer": "00ff00ff00ff00ff",
    }
    return OrderFact(order_id=order_id, version=version, placed_at=at, **plain | parts)


def ready(order_id: str, version: int, at: datetime = NOON + timedelta(minutes=20)) -> FactChange:
    return FactChange(order_id=order_id, version=version, changed={"status": "ready", "ready_at": at})


async def facts(store: Store) -> dict[str, OrderFact]:
    return {fact.order_id: fact for fact in await store.order_facts.between(FIRST, LAST)}


async def marked(store: Store) -> list[datetime]:
    return [mark.hour for mark in await store.roll_ups.marks(FIRST, LAST, limit=100)]


async def forget_marks(store: Store) -> None:
    await store.roll_ups.clear(await store.roll_ups.marks(FIRST, LAST, limit=100))


async def test_a_fact_comes_back_as_it_was_written(store: Store) -> None:
    whole = a_fact(
        "a",
        status="delivered",
        confirmed_at=NOON,
        estimated_ready_at=NOON + timedelta(minutes=12),
        cooking_at=NOON + timedelta(minutes=1),
        ready_at=NOON + timedelta(minutes=13, milliseconds=250),
        dispatched_at=NOON + timedelta(minutes=14),
        finished_at=NOON + timedelta(minutes=30),
        cook="Luigi",
        carrier="Firenze Express",
    )
    await store.order_facts.apply([whole, a_fact("b", customer=None)])

    assert await facts(store) == {"a": whole, "b": a_fact("b", customer=None)}


async def test_a_change_gives_other_values_and_leaves_the_rest(store: Store) -> None:
    await store.order_facts.apply([a_fact("a", cook="Luigi")])
    await store.order_facts.apply([ready("a", 4)])

    changed = replace(a_fact("a", cook="Luigi"), version=4, status="ready", ready_at=NOON + timedelta(minutes=20))
    assert await facts(store) == {"a": changed}


async def test_what_is_behind_or_repeated_is_ignored(store: Store) -> None:
    await store.order_facts.apply([a_fact("a")])
    await store.order_facts.apply([ready("a", 4)])
    before = await facts(store)

    await store.order_facts.apply([a_fact("a")])
    await store.order_facts.apply([FactChange(order_id="a", version=3, changed={"status": "cooking"})])
    await store.order_facts.apply([FactChange(order_id="a", version=4, changed={"status": "cancelled"})])

    assert await facts(store) == before


async def test_a_whole_fact_takes_the_place_of_one_that_is_behind(store: Store) -> None:
    await store.order_facts.apply([a_fact("a", cook="nobody")])
    await store.order_facts.apply([a_fact("a", version=5, status="collected"), a_fact("b")])

    assert await facts(store) == {"a": a_fact("a", version=5, status="collected"), "b": a_fact("b")}


async def test_a_change_to_a_fact_that_is_not_there_makes_none(store: Store) -> None:
    await store.order_facts.apply([ready("a", 2)])
    await store.order_facts.apply([])

    assert await facts(store) == {}
    assert await marked(store) == []


async def test_facts_are_found_by_when_the_order_was_placed(store: Store) -> None:
    moments = {name: NOON + timedelta(milliseconds=n) for n, name in enumerate("abcd")}
    await store.order_facts.apply([a_fact(name, at=at) for name, at in moments.items()])

    found = await store.order_facts.between(moments["b"], moments["d"])
    assert sorted(fact.order_id for fact in found) == ["b", "c"]
    assert await store.order_facts.first_after(moments["b"]) == moments["b"]
    assert await store.order_facts.first_after(moments["d"] + timedelta(milliseconds=1)) is None


async def test_every_change_marks_the_hour_of_its_order_a_repeat_too(store: Store) -> None:
    await store.order_facts.apply([a_fact("a", at=NOON + timedelta(minutes=59)), a_fact("b", at=NOON - timedelta(1))])
    assert await marked(store) == [NOON - timedelta(1), NOON]
    await forget_marks(store)

    await store.order_facts.apply([ready("a", 2)])
    assert await marked(store) == [NOON]
    await forget_marks(store)

    await store.order_facts.apply([ready("a", 2)])
    assert await marked(store) == [NOON]


async def test_a_mark_that_was_set_anew_meanwhile_survives(store: Store) -> None:
    await store.order_facts.apply([a_fact("a")])
    seen = await store.roll_ups.marks(FIRST, LAST, limit=10)
    await store.order_facts.apply([ready("a", 2)])

    await store.roll_ups.clear(seen)
    assert await marked(store) == [NOON]
    await forget_marks(store)
    assert await marked(store) == []


async def test_facts_of_another_generation_are_listed_and_can_be_removed(store: Store) -> None:
    facts_ = store.order_facts
    await facts_.apply([a_fact(name) for name in "abcd"])
    await facts_.apply([a_fact("b"), a_fact("d")], generation="new")
    await forget_marks(store)

    assert await facts_.others("new", after="", limit=10) == [("a", 1), ("c", 1)]
    assert await facts_.others("new", after="a", limit=10) == [("c", 1)]
    assert await facts_.others("new", after="", limit=1) == [("a", 1)]

    await facts_.remove(["a", "c"])
    assert sorted(await facts(store)) == ["b", "d"]
    assert await marked(store) == [NOON]
