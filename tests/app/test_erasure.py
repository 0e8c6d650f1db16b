"""After an erasure the whole store, byte for byte, tells nothing of the person, while the money stays."""

import re
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from app.bootstrap import Service, running
from app.settings import Settings
from application.analytics.keeper import FIRST, LAST
from application.commands.cancel_order import CancelOrderCommand
from application.commands.change_customer import EditCustomerCommand, EraseCustomerCommand
from application.commands.confirm_order import ConfirmOrderCommand
from application.commands.place_order import BasketItem, PlaceOrderCommand
from application.queries.customers import CustomerView, FindCustomerQuery
from domain.customer import ContactDetails
from domain.events import CustomerErasureFinishedEvent
from domain.order_lifecycle import FulfilmentType, OrderStatus
from domain.order_state import Address, Customer, Fulfilment
from tests.contract.servers import drop_database, in_database
from tests.pizzeria import free_port
from tests.waiting import eventually

PHONE = "+390559876543"
TRACES = (
    PHONE.lstrip("+"), "Zenobia", "zenobia@palmyra.example", "Columns", "Tetrapylon", "camel outside",
    "back to Palmyra", "Septimia",
)  # fmt: skip
ORDERS = 12


@pytest.fixture(params=["sqlite", "motor", "pymongo"])
async def settings(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Settings]:
    """A service whose sink is away, so that every event waits in its order."""
    sink = f"http://127.0.0.1:{free_port()}/"
    if request.param == "sqlite":
        yield Settings(database_url=f"sqlite:///{tmp_path}/pizzeria.db", cloudevents_sink=sink, lease_seconds=2)
        return
    server: str = request.getfixturevalue("mongo_server")
    name = f"test_{uuid.uuid4().hex}"
    url = in_database(server, name)
    yield Settings(database_url=url, mongo_driver=request.param, cloudevents_sink=sink, lease_seconds=2)
    await drop_database(server, name)


async def order(service: Service, number: int) -> None:
    address = Address(street=f"{number} Street of Columns", city="Palmyra", postal_code=f"Tetrapylon {number}")
    placed = await service.mediator.execute(
        PlaceOrderCommand(
            customer=Customer(name="Zenobia", phone=PHONE, email="zenobia@palmyra.example"),
            fulfilment=Fulfilment(type=FulfilmentType.DELIVERY, address=address),
            items=(BasketItem(pizza="margherita", size="large", quantity=2),),
            notes="camel outside",
            idempotency_key=f"Zenobia-{number}",
            request_digest="Tetrapylon",
        )
    )
    await service.mediator.execute(ConfirmOrderCommand(order_id=placed.id))
    await service.mediator.execute(CancelOrderCommand(order_id=placed.id, reason="back to Palmyra"))


async def the_customer(service: Service) -> CustomerView:
    async def is_known() -> bool:
        return await service.mediator.execute(FindCustomerQuery(PHONE)) is not None

    await eventually(is_known)
    found = await service.mediator.execute(FindCustomerQuery(PHONE))
    assert found is not None
    return found


async def everything_in(settings: Settings) -> str:
    """What the store holds, as it lies there: files with all that is left between their rows, or documents."""
    path = settings.sqlite_path
    if path:
        return "".join(file.read_bytes().decode("latin-1") for file in path.parent.iterdir())
    async with AsyncMongoClient[dict[str, Any]](settings.database_url) as client:
        database = client.get_default_database()
        names = await database.list_collection_names()
        return "".join([str(await database[name].find({}).to_list(None)) for name in names])


def traces(text: str) -> list[str]:
    return [trace for trace in TRACES if re.search(trace, text, re.IGNORECASE)]


async def test_no_trace_is_left_of_an_erased_person_while_revenue_and_points_stay(settings: Settings) -> None:
    async with running(settings) as service:
        for number in range(ORDERS):
            await order(service, number)
        customer = await the_customer(service)
        await service.mediator.execute(
            EditCustomerCommand(
                customer_id=customer.id,
                details=ContactDetails(name="Septimia Zenobia", email="zenobia@palmyra.example"),
                user_id="luigi",
            )
        )

        async def is_recorded() -> bool:
            log = [entry.event for entry in await service.store.event_log.after(0, 1_000)]
            movements = await service.store.points.list(customer.id, limit=100)
            facts = await service.store.order_facts.between(FIRST, LAST)
            known = [fact for fact in facts if fact.customer]
            return len(log) >= 3 * ORDERS + 2 and len(movements) == 2 * ORDERS and len(known) == ORDERS

        await eventually(is_recorded)
        before = await everything_in(settings)

        await service.mediator.execute(EraseCustomerCommand(customer_id=customer.id, user_id="luigi"))

        async def is_finished() -> bool:
            log = await service.store.event_log.of_aggregate(customer.id)
            return any(isinstance(entry.event, CustomerErasureFinishedEvent) for entry in log)

        await eventually(is_finished, 30)

        async def no_trace_is_left() -> bool:  # while it is open, the journal too is empty of them a moment later
            return traces(await everything_in(settings)) == []

        await eventually(no_trace_is_left)

        async def nobody_is_counted() -> bool:
            facts = await service.store.order_facts.between(FIRST, LAST)
            return len(facts) == ORDERS and not any(fact.customer for fact in facts)

        await eventually(nobody_is_counted)
        movements = await service.store.points.list(customer.id, limit=100)
        orders = await service.store.order_queries.count_by_status((OrderStatus.CANCELLED,), at_most=100)
        amounts = {
            entry.event.total_amount
            for entry in await service.store.event_log.after(0, 1_000)
            if hasattr(entry.event, "total_amount")
        }

    assert set(traces(before)) == set(TRACES)
    assert traces(await everything_in(settings)) == []
    assert (orders, len(movements), sum(movement.points for movement in movements)) == (ORDERS, 2 * ORDERS, 0)
    assert amounts == {2 * 1699}
    if settings.sqlite_path:
        with closing(sqlite3.connect(settings.sqlite_path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
