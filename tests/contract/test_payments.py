"""Payments on every store: all counted, each once, and loaded as they were saved."""

import asyncio

from application.behaviours import retry_conflicts
from application.clock import utc_now
from application.commands.change_order import OrderChanger
from application.commands.receive_payment import ReceivePaymentCommand, ReceivePaymentCommandHandler
from application.mediator import Mediator
from application.ports import OrderView
from application.store import Store
from application.telemetry import NoTelemetry
from tests.builders import an_order
from tests.contract.conftest import LEASE_SECONDS, OpenStore


def till(store: Store) -> Mediator:
    mediator = Mediator([retry_conflicts])
    mediator.register(ReceivePaymentCommand, ReceivePaymentCommandHandler(OrderChanger(store.orders, NoTelemetry())))
    return mediator


async def pay(mediator: Mediator, order_id: str, payment_id: str, amount: int = 100) -> OrderView:
    return await mediator.execute(
        ReceivePaymentCommand(order_id=order_id, payment_id=payment_id, amount=amount, currency="EUR", method="cash")
    )


async def test_an_order_comes_back_with_its_payments(store: Store) -> None:
    order = an_order()
    await store.orders.add(order)
    order.receive_payment(utc_now(), "p-1", amount=700, currency="EUR", method="cash")
    order.receive_payment(utc_now(), "p-2", amount=300, currency="EUR", method="card")
    await store.orders.save(order)

    assert (await store.orders.get(order.id)).state == order.state


async def test_ten_payments_at_once_are_all_counted(open_store: OpenStore) -> None:
    async with open_store(LEASE_SECONDS) as one, open_store(LEASE_SECONDS) as other:
        order = an_order()
        await one.orders.add(order)
        tills = [till(one), till(other)]

        await asyncio.gather(*(pay(tills[number % 2], order.id, f"p-{number}") for number in range(10)))

        found = await one.orders.get(order.id)
        assert found.state.paid == 1000
        assert found.version == 11


async def test_one_payment_sent_ten_times_at_once_is_counted_once(open_store: OpenStore) -> None:
    async with open_store(LEASE_SECONDS) as one, open_store(LEASE_SECONDS) as other:
        order = an_order()
        await one.orders.add(order)
        tills = [till(one), till(other)]

        await asyncio.gather(*(pay(tills[number % 2], order.id, "the same") for number in range(10)))

        found = await one.orders.get(order.id)
        assert found.state.paid == 100
        assert found.version == 2
