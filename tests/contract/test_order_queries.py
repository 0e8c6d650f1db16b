"""Reading orders past the aggregate: one, a page, a count."""

from datetime import timedelta

import pytest

from application.clock import utc_now
from application.ports import OrderFilter
from application.store import Store
from domain.order import Order
from domain.order_lifecycle import OrderStatus
from tests.builders import an_order, confirm

NOW = utc_now()


async def placed_minutes_ago(store: Store, *minutes: int, phone: str = "1") -> list[Order]:
    orders = [an_order(placed_at=NOW - timedelta(minutes=ago), phone=phone) for ago in minutes]
    for order in orders:
        await store.orders.add(order)
    return orders


async def listed(store: Store, where: OrderFilter, limit: int = 10, before_id: str | None = None) -> list[str]:
    return [view.id for view in await store.order_queries.list(where, limit=limit, before_id=before_id)]


async def test_a_view_shows_the_order_at_its_version(store: Store) -> None:
    order = an_order(idempotency_key="key")
    await store.orders.add(order)
    confirm(order)
    await store.orders.save(order)

    for view in (await store.order_queries.get(order.id), await store.order_queries.find_by_idempotency_key("key")):
        assert view is not None
        assert (view.id, view.version, view.state) == (order.id, 2, order.state)
    assert await store.order_queries.get("order-0") is None
    assert await store.order_queries.find_by_idempotency_key("another") is None


async def test_many_are_read_at_once_without_those_that_are_not_there(store: Store) -> None:
    first, second, _ = await placed_minutes_ago(store, 1, 2, 3)

    found = await store.order_queries.get_many([second.id, first.id, "order-0", first.id])

    assert {view.id: view.state for view in found.values()} == {first.id: first.state, second.id: second.state}
    assert await store.order_queries.get_many([]) == {}


async def test_orders_are_listed_newest_first_in_pages(store: Store) -> None:
    third, first, second = await placed_minutes_ago(store, 3, 1, 2)

    page = await listed(store, OrderFilter(), limit=2)

    assert page == [first.id, second.id]
    assert await listed(store, OrderFilter(), limit=2, before_id=page[-1]) == [third.id]
    assert await listed(store, OrderFilter(), limit=2, before_id=third.id) == []


async def test_orders_are_found_by_status_phone_and_both(store: Store) -> None:
    (one,) = await placed_minutes_ago(store, 1, phone="1")
    two, three = await placed_minutes_ago(store, 2, 3, phone="2")
    confirm(two)
    await store.orders.save(two)

    assert await listed(store, OrderFilter(status=OrderStatus.PENDING)) == [one.id, three.id]
    assert await listed(store, OrderFilter(customer_phone="2")) == [two.id, three.id]
    assert await listed(store, OrderFilter(customer_phone="2", status=OrderStatus.CONFIRMED)) == [two.id]
    assert await listed(store, OrderFilter(customer_phone="3")) == []


async def test_a_time_range_holds_its_start_and_not_its_end(store: Store) -> None:
    five, three, _ = await placed_minutes_ago(store, 5, 3, 1)
    start, end = NOW - timedelta(minutes=5), NOW - timedelta(minutes=1)

    assert await listed(store, OrderFilter(placed_from=start, placed_to=end)) == [three.id, five.id]
    assert await listed(store, OrderFilter(placed_from=start, placed_to=end), before_id=three.id) == [five.id]
    assert await listed(store, OrderFilter(placed_to=start)) == []
    assert await listed(store, OrderFilter(placed_from=NOW)) == []


@pytest.mark.parametrize(("at_most", "counted"), [(10, 4), (4, 4), (3, 3), (1, 1)])
async def test_orders_are_counted_by_status_up_to_a_limit(store: Store, at_most: int, counted: int) -> None:
    for order in await placed_minutes_ago(store, 1, 2, 3):
        confirm(order)
        await store.orders.save(order)
    await placed_minutes_ago(store, 4)

    both = (OrderStatus.PENDING, OrderStatus.CONFIRMED)
    assert await store.order_queries.count_by_status(both, at_most=at_most) == counted
    assert await store.order_queries.count_by_status((OrderStatus.CONFIRMED,), at_most=10) == 3
    assert await store.order_queries.count_by_status((OrderStatus.READY,), at_most=10) == 0


async def test_many_orders_are_read_at_once_and_those_that_are_not_there_left_out(store: Store) -> None:
    one, two, _ = await placed_minutes_ago(store, 3, 2, 1)

    found = await store.order_queries.get_many({one.id, two.id, "nobody's"})

    assert {order_id: view.state for order_id, view in found.items()} == {one.id: one.state, two.id: two.state}
    assert await store.order_queries.get_many([]) == {}
