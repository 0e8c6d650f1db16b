"""Facts and figures made anew from the event log: right again whatever was wrong, and nothing lost meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from application.analytics.calendar import Level
from application.analytics.facts import CustomerKeys, FactChange, OrderFact, fold
from application.analytics.figures import Customers, Parts, parts_of
from application.analytics.keeper import FIRST, LAST
from application.analytics.reader import Range
from application.analytics.rebuild import Rebuild
from application.events.analytics import OrderFactsHandler
from application.ports.analytics import Block, BlockId
from application.store import Store
from domain.errors import StoreUnavailable
from domain.order import Order
from tests.builders import DELIVERY, LUIGI, PICKUP, an_order
from tests.contract.test_order_facts import NOON, a_fact, facts
from tests.contract.test_roll_ups import ROME, assert_told, keeper_of

KEYS = CustomerKeys(b"secret")


def a_life(n: int) -> Order:
    """An order that went some way: some to the end, some to nowhere."""
    placed = NOON + timedelta(minutes=37 * n)
    order = an_order(placed_at=placed, phone=f"+39055{n % 5}", fulfilment=PICKUP if n % 2 else DELIVERY)
    at = placed + timedelta(minutes=1)
    if n % 4:
        order.confirm(at, at + timedelta(minutes=12))
        order.start_cooking(at + timedelta(minutes=n % 9), LUIGI)
        order.mark_ready(at + timedelta(minutes=20), LUIGI)
        if n % 2:
            order.collect(at + timedelta(minutes=25))
        else:
            order.dispatch(at + timedelta(minutes=21), "MP-1", "Gina")
            order.mark_delivered(at + timedelta(minutes=40))
    elif n % 8:
        order.cancel(at, "no")
    return order


async def lived(store: Store, count: int = 30) -> list[OrderFact]:
    """Orders in the store, their events in the log, and their facts."""
    orders = [a_life(n) for n in range(count)]
    events = sorted((event for order in orders for event in order.raised), key=lambda each: each.occurred_at)
    await store.event_log.append(events)
    made = [fact for fact in fold(events, KEYS) if isinstance(fact, OrderFact)]
    await store.order_facts.apply(made)
    for order in orders:
        await store.orders.add(order)
    await keeper_of(store).refresh_all()
    return made


async def rebuild(store: Store, looks: int = 50) -> int:
    made = Rebuild(
        store.order_facts, store.event_log, store.order_queries, keys=KEYS, keeper=keeper_of(store), looks=looks
    )
    return await made.run(lambda what, done, total: None)


async def test_a_rebuild_of_what_is_right_changes_nothing(store: Store) -> None:
    made = await lived(store)

    assert await rebuild(store) == len(made)
    assert sorted((await facts(store)).values(), key=_id) == sorted(made, key=_id)
    await assert_told(store, made, Range())


async def erased(store: Store, made: list[OrderFact]) -> None:
    """Every third order forgets its customer, as an erasure has it do; the handler hears of it."""
    handler = OrderFactsHandler(store.order_facts, store.secrets)
    for fact in made[::3]:
        order = await store.orders.get(fact.order_id)
        if order.open_moves:
            order.cancel(NOON + timedelta(days=2), "no")
        order.forget_customer(NOON + timedelta(days=3))
        await store.event_log.append(order.raised)
        await store.event_log.erase([order.id])
        await handler.handle_batch(list(order.raised))  # type: ignore[arg-type]
        await store.orders.save(order)


async def test_who_was_erased_counts_in_the_totals_and_is_no_customer_any_more(store: Store) -> None:
    made = await lived(store)
    known = {fact.order_id: fact for fact in made}
    await erased(store, made)
    now = await facts(store)

    assert {id_ for id_, fact in now.items() if fact.customer is None} == {fact.order_id for fact in made[::3]}
    assert all(now[id_].total_amount == fact.total_amount for id_, fact in known.items())
    await assert_told(store, now.values(), Range())
    days = await store.roll_ups.figures(ROME.name, Level.DAY, FIRST, LAST, Customers)
    told = {key for day in days for customers in day.figures.values() for key in customers.sums}
    assert told == {int(fact.customer, 16) for fact in now.values() if fact.customer and fact.status != "cancelled"}


async def test_a_rebuild_after_an_erasure_gives_the_facts_that_the_handler_made(store: Store) -> None:
    made = await lived(store)
    await erased(store, made)
    now = await facts(store)

    assert await rebuild(store) == len(made)
    assert await facts(store) == now

    await store.order_facts.remove(list(now))
    assert await rebuild(store) == len(made)
    assert await facts(store) == now
    await assert_told(store, now.values(), Range())


async def test_a_rebuild_mends_whatever_is_wrong(store: Store) -> None:
    made = await lived(store)
    await store.order_facts.apply([replace(made[0], total_amount=1), replace(made[1], carrier="nobody")])
    await store.order_facts.remove([made[2].order_id])
    await store.order_facts.apply([a_fact("nobody's", at=NOON), a_fact("of long ago", at=FIRST)])
    await keeper_of(store).refresh_all()
    day = BlockId(Level.DAY, ROME.floor(Level.DAY, NOON))
    await store.roll_ups.write(ROME.name, [Block(day, Parts(), "wrong")], await store.roll_ups.tokens(ROME.name, [day]))
    empty_month = BlockId(Level.MONTH, ROME.floor(Level.MONTH, NOON - timedelta(days=900)))
    await store.roll_ups.write(ROME.name, [Block(empty_month, parts_of([a_fact("x")], 0), "wrong")], {})

    await rebuild(store)

    assert sorted((await facts(store)).values(), key=_id) == sorted(made, key=_id)
    await assert_told(store, made, Range())
    assert await store.roll_ups.marks(FIRST, LAST, limit=1) == []


async def test_what_the_service_writes_meanwhile_is_not_lost(store: Store) -> None:
    made = await lived(store, 12)
    open_fact = next(fact for fact in made if fact.status == "pending")
    order = await store.orders.get(open_fact.order_id)
    order.cancel(NOON + timedelta(days=1), "late")
    (event,) = order.raised
    await store.orders.save(order)
    (change,) = fold([event], KEYS)
    assert isinstance(change, FactChange)
    await store.order_facts.apply([change])  # the handler has seen it, the log has not

    running = asyncio.create_task(rebuild(store))
    await asyncio.sleep(0)
    await store.event_log.append([event])
    await running

    assert (await facts(store))[open_fact.order_id] == replace(open_fact, version=2, **change.changed)  # type: ignore[arg-type]
    await assert_told(store, (await facts(store)).values(), Range())


async def test_a_log_that_stays_behind_is_told_and_the_fact_is_kept(store: Store) -> None:
    made = await lived(store, 3)
    await store.order_facts.apply([replace(made[0], version=99, status="collected")])

    with pytest.raises(StoreUnavailable, match="behind"):
        await rebuild(store, looks=2)
    assert (await facts(store))[made[0].order_id].status == "collected"


def _id(fact: OrderFact) -> str:
    return fact.order_id
