"""Orders of the past: taken in once, with all that is known of them, and told to nobody who was not asked to hear."""

from datetime import timedelta

import pytest

from application.analytics.facts import CustomerKeys
from application.analytics.keeper import FIRST, LAST
from application.dispatch.outbox import FRESH_LANE
from application.importing import HistoricOrder, take_through
from application.ports.history import PastOrder
from application.store import Store
from domain.errors import StoreUnavailable
from domain.order_lifecycle import OrderStatus
from domain.order_state import Customer, OrderLine
from infrastructure.mongo.order_history import MongoOrderHistory
from infrastructure.mongo.store import MongoStore
from tests.builders import DELIVERY, PICKUP
from tests.contract.test_order_facts import NOON, facts, marked

COOKING = timedelta(minutes=12)


def past(n: int, *, minutes: int = 0) -> PastOrder:
    historic = HistoricOrder(
        external_id=f"till-{n}",
        placed_at=NOON + timedelta(minutes=n + minutes),
        customer=Customer(name="Anna", phone="+39081123456"),
        fulfilment=DELIVERY if n % 2 else PICKUP,
        lines=(OrderLine(pizza="margherita", size="large", quantity=2, unit_price=1699),),
        currency="EUR",
        status=OrderStatus.DELIVERED if n % 2 else OrderStatus.COLLECTED,
    )
    return take_through(historic, COOKING, CustomerKeys(b"secret"))


async def logged(store: Store) -> list[str]:
    return sorted(entry.event.event_id for entry in await store.event_log.after(0, 1_000))


def event_ids(orders: list[PastOrder]) -> list[str]:
    return sorted(event.event_id for each in orders for event in each.order.raised)


async def test_an_order_comes_with_its_events_in_the_log_and_its_fact(store: Store) -> None:
    orders = [past(n) for n in range(5)]

    assert await store.order_history.add(orders) == [True] * 5

    for each in orders:
        kept = await store.orders.get(each.order.id)
        assert (kept.state, kept.version) == (each.order.state, each.order.next_version)
        trail = await store.event_log.of_aggregate(each.order.id)
        assert [entry.event for entry in trail] == list(each.order.raised)
    assert await facts(store) == {each.order.id: each.fact for each in orders}
    assert await marked(store) == [NOON]
    assert await store.outboxes["order"].backlog() == []


async def test_what_is_there_already_stays_as_it_is(store: Store) -> None:
    orders = [past(n) for n in range(3)]
    await store.order_history.add(orders[:2])
    before = await logged(store)

    assert await store.order_history.add([past(n) for n in range(3)]) == [False, False, True]
    assert await logged(store) == sorted([*before, *event_ids(orders[2:])])


async def test_an_external_id_makes_one_order_even_if_its_time_was_corrected(store: Store) -> None:
    await store.order_history.add([past(1)])

    assert await store.order_history.add([past(1, minutes=3)]) == [False]
    assert list(await facts(store)) == [past(1).order.id]


async def test_only_those_who_were_asked_to_hear_are_told(store: Store) -> None:
    await store.order_history.add([past(1)], tell=["CloudEventsHandler"])
    (backlog,) = await store.outboxes["order"].backlog()
    (claim,) = await store.outboxes["order"].claim_due("CloudEventsHandler", 10)

    assert backlog.lane == "CloudEventsHandler"
    assert [entry.event for entry in claim.pending] == list(past(1).order.raised)
    assert all(entry.todo is not None and list(entry.todo) == ["CloudEventsHandler"] for entry in claim.pending)


def test_ids_follow_from_the_external_id_and_sort_by_time() -> None:
    assert past(1).order.id == past(1).order.id
    assert event_ids([past(1)]) == event_ids([past(1)])
    assert len(set(event_ids([past(n) for n in range(9)]))) == sum(len(past(n).order.raised) for n in range(9))
    ids = [past(n).order.id for n in range(9)]
    assert ids == sorted(ids)


class LogThatIsAway:
    """The process dies, as far as the documents can tell, before their events are in the log."""

    async def append(self, events: object) -> None:
        raise StoreUnavailable


async def test_on_mongodb_what_an_import_left_unfinished_is_finished_by_the_next(store: Store) -> None:
    if not isinstance(store, MongoStore):
        pytest.skip("on SQLite it is one transaction")
    orders = [past(n) for n in range(4)]
    with pytest.raises(StoreUnavailable):
        await _history(store, LogThatIsAway()).add(orders)
    assert await logged(store) == []
    assert await facts(store) == {}

    assert await store.order_history.add([past(n) for n in range(4)]) == [False] * 4
    assert await logged(store) == event_ids(orders)
    assert await facts(store) == {each.order.id: each.fact for each in orders}


async def test_on_mongodb_what_is_unfinished_waits_for_those_who_make_the_record(store: Store) -> None:
    if not isinstance(store, MongoStore):
        pytest.skip("on SQLite it is one transaction")
    with pytest.raises(StoreUnavailable):
        await _history(store, LogThatIsAway()).add([past(1)])
    (backlog,) = await store.outboxes["order"].backlog()
    document = await store.database["orders"].find_one({})

    assert backlog.lane == FRESH_LANE
    assert document is not None
    assert {name for entry in document["pending"] for name in entry["todo"]} == {
        "AuditTrailHandler",
        "OrderFactsHandler",
    }
    assert await store.order_facts.between(FIRST, LAST) == []


def _history(store: MongoStore, log: LogThatIsAway) -> MongoOrderHistory:
    return MongoOrderHistory(
        store.database["orders"],
        inserts=store.orders.inserts,
        leases=store._leases["order"],
        outbox=store.outboxes["order"],
        log=log,  # type: ignore[arg-type]
        facts=store.order_facts,
    )
