"""The store's life: opened again and again, and what was answered is still there."""

from application.store import Store
from tests.builders import an_order
from tests.contract.conftest import OpenStore


async def test_a_store_that_is_open_answers(store: Store) -> None:
    await store.ping()


async def test_what_was_saved_is_there_when_the_store_is_opened_anew(open_store: OpenStore) -> None:
    order = an_order()
    async with open_store(10.0) as before:
        await before.orders.add(order)

    async with open_store(10.0) as after:
        assert (await after.orders.get(order.id)).state == order.state
        (claim,) = await after.outboxes["order"].claim_due("", 10)
        assert claim.aggregate_id == order.id
