"""Erasing a person: safe to repeat, to crash in, and to race with whoever delivers; money and movements stay."""

from datetime import timedelta
from typing import Any

import pytest

from application.clock import utc_now
from application.customers.eraser import CustomerEraser
from application.ports import OrderFilter
from application.store import Store
from domain.errors import OrdersUnderWay, StoreUnavailable
from domain.order import Order
from domain.order_state import NOBODY
from tests.builders import DELIVERY, LUIGI
from tests.contract.conftest import OpenStore
from tests.contract.customers import PHONE, Counter, ordered

NOW = utc_now()


@pytest.fixture
def counter(store: Store) -> Counter:
    return Counter(store)


async def finished(counter: Counter, **parts: Any) -> Order:
    """An order that has come to its end."""
    order = ordered(email="anna@example.com", fulfilment=DELIVERY, notes="ring twice", **parts)
    await counter.meets(order)
    order.cancel(utc_now(), "moved to Rome")
    await counter.store.orders.save(order)
    return order


class Crashing:
    """A part of the store that fails at its nth call of one method."""

    def __init__(self, part: Any, method: str, at: int) -> None:
        self._part = part
        self._method = method
        self._left = at

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name == self._method:
            self._left -= 1
            if not self._left:
                raise StoreUnavailable
        return found


def eraser(counter: Counter, **crashing: Any) -> CustomerEraser:
    store = counter.store
    return CustomerEraser(
        crashing.get("customers", store.customers),
        crashing.get("orders", store.orders),
        store.order_queries,
        crashing.get("log", store.event_log),
        {"order": crashing.get("outbox", store.outboxes["order"])},
    )


async def erase(counter: Counter) -> None:
    await counter.erase()
    await counter.eraser.erase(await counter.ids.of(PHONE))


async def test_the_profile_is_empty_at_once(counter: Counter) -> None:
    await finished(counter)

    await counter.erase()

    profile = await counter.profile()
    assert not profile.is_known
    assert (profile.state.details.name, profile.state.details.email, profile.state.details.addresses) == ("", None, ())


async def test_orders_forget_the_person_and_keep_the_rest(counter: Counter) -> None:
    orders = [await finished(counter, placed_at=NOW - timedelta(minutes=n)) for n in range(5)]

    await erase(counter)

    for order in orders:
        state = (await counter.store.orders.get(order.id)).state
        assert (state.customer, state.fulfilment.address) == (NOBODY, None)
        assert (state.notes, state.cancel_reason) == (None, None)
        assert (state.total_amount, state.items, state.placed_at) == (2_500, order.state.items, order.state.placed_at)
    assert await counter.store.order_queries.list(OrderFilter(customer_phone=PHONE), limit=9, before_id=None) == []


async def test_what_waits_to_be_delivered_is_emptied_and_still_delivered(counter: Counter) -> None:
    order = await finished(counter)

    await erase(counter)

    (claim,) = await counter.store.outboxes["order"].claim_due("", 10)
    assert [entry.event.aggregate_version for entry in claim.pending] == [1, 2, 3]
    assert [entry.event for entry in claim.pending[:2]] == [
        logged.event for logged in await counter.store.event_log.of_aggregate(order.id)
    ]
    assert claim.pending[0].event.customer_name == ""  # type: ignore[attr-defined]


async def test_a_person_with_an_order_under_way_is_not_erased(counter: Counter) -> None:
    await finished(counter, placed_at=NOW - timedelta(minutes=1))
    under_way = ordered()
    await counter.meets(under_way)

    with pytest.raises(OrdersUnderWay, match=under_way.id):
        await counter.erase()

    assert (await counter.profile()).is_known


async def test_a_person_whose_paid_order_is_just_being_placed_is_not_erased(counter: Counter) -> None:
    await finished(counter)
    profile = await counter.profile()
    profile.redeem("order-to-come", 5, utc_now())
    await counter.store.customers.save(profile)

    with pytest.raises(OrdersUnderWay, match="order-to-come"):
        await counter.erase()


async def test_erasing_again_changes_nothing(counter: Counter) -> None:
    await finished(counter)
    await erase(counter)
    before = await counter.profile()

    await erase(counter)

    assert (await counter.profile()).version == before.version


@pytest.mark.parametrize(
    ("part", "method", "at"),
    [
        ("log", "append", 1),
        ("log", "append", 3),
        ("outbox", "settle", 2),
        ("log", "erase", 1),
        ("orders", "save", 1),
        ("orders", "save", 3),
        ("customers", "save", 1),
        ("log", "erase", 2),
    ],
)
async def test_a_crash_anywhere_is_made_good_by_beginning_again(
    open_store: OpenStore, part: str, method: str, at: int
) -> None:
    async with open_store(1.0) as store:  # a lease that a crash leaves behind soon ends
        await _crash_and_begin_again(Counter(store), part, method, at)


async def _crash_and_begin_again(counter: Counter, part: str, method: str, at: int) -> None:
    store = counter.store
    parts = {"log": store.event_log, "outbox": store.outboxes["order"], "orders": store.orders}
    orders = [await finished(counter, placed_at=NOW - timedelta(minutes=n)) for n in range(4)]
    await counter.erase()
    customer_id = await counter.ids.of(PHONE)
    broken = Crashing(parts.get(part, store.customers), method, at)

    with pytest.raises(StoreUnavailable):
        await eraser(counter, **{part: broken}).erase(customer_id)
    for claim in await store.outboxes["order"].claim_due("", 10):  # whoever delivers goes on meanwhile
        await store.outboxes["order"].release([claim])
    await counter.eraser.erase(customer_id)

    for order in orders:
        assert (await store.orders.get(order.id)).state.customer == NOBODY
        for logged in await store.event_log.of_aggregate(order.id):
            assert "Anna" not in str(logged)
            assert "Rome" not in str(logged)
    assert PHONE not in str((await counter.profile()).state)


async def test_an_order_after_the_erasure_is_a_new_customers_and_old_ones_stay_gone(counter: Counter) -> None:
    old = ordered(email="anna@example.com", placed_at=NOW - timedelta(minutes=1))
    late: Any = old.raised[0]
    await counter.meets(old)
    old.cancel(utc_now(), "no")
    await counter.store.orders.save(old)
    await counter.erase()

    await counter.meets(ordered(name="Carla"))  # before what the erasure left to do is done
    await counter.profiles.handle_batch([late])
    await counter.eraser.erase(await counter.ids.of(PHONE))
    await counter.profiles.handle_batch([late])

    profile = await counter.profile()
    assert (profile.state.details.name, profile.state.details.email) == ("Carla", None)
    assert await _customer_events(counter) == [
        "CustomerRegisteredEvent",
        "CustomerErasedEvent",
        "CustomerRegisteredEvent",
        "CustomerErasureFinishedEvent",
    ]


async def test_the_ledger_stays_and_a_new_customer_starts_with_nothing(counter: Counter) -> None:
    order = await counter.credits(40)
    await _finish(counter, order)
    await erase(counter)
    kept = await counter.store.points.balance(await counter.ids.of(PHONE))

    fresh = ordered(name="Carla", amount=700)
    await counter.meets(fresh)

    assert kept == 40
    assert await counter.balance() == 0
    await counter.credits(3)
    assert await counter.balance() == 3


async def _finish(counter: Counter, order: Order) -> None:
    order.start_cooking(utc_now(), LUIGI)
    order.mark_ready(utc_now(), LUIGI)
    order.collect(utc_now())
    await counter.store.orders.save(order)


async def _customer_events(counter: Counter) -> list[str]:
    claims = await counter.store.outboxes["customer"].claim_due("", 10)
    return [type(entry.event).__name__ for claim in claims for entry in claim.pending]
