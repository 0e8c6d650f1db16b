"""An order that runs late is noticed: in its audit trail, in its version, and on /metrics."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.bootstrap import Service, running
from app.settings import Settings
from application.clock import utc_now
from application.commands.cook_order import MarkOrderReadyCommand
from application.commands.hand_over_order import DispatchOrderCommand, MarkOrderDeliveredCommand
from domain.events import OrderRanLateEvent
from domain.order import Order
from tests.builders import DELIVERY, LUIGI, an_order
from tests.waiting import eventually


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[Service]:
    async with running(Settings(database_url=f"sqlite:///{tmp_path}/p.db", delivery_minutes=10)) as started:
        yield started


async def cooking(service: Service, *, due_minutes_ago: int) -> Order:
    now = utc_now()
    order = an_order(fulfilment=DELIVERY)
    order.confirm(now, now - timedelta(minutes=due_minutes_ago))
    order.start_cooking(now, LUIGI)
    await service.store.orders.add(order)
    return order


async def stages_late(service: Service, order_id: str) -> list[str]:
    logged = await service.store.event_log.of_aggregate(order_id)
    return [entry.event.stage for entry in logged if isinstance(entry.event, OrderRanLateEvent)]


async def test_an_order_that_is_late_twice_is_counted_at_each_stage(service: Service) -> None:
    order = await cooking(service, due_minutes_ago=16)

    ready = await service.mediator.execute(MarkOrderReadyCommand(order_id=order.id, cook=LUIGI))
    await service.mediator.execute(DispatchOrderCommand(order_id=order.id, expected_version=ready.version))
    delivered = await service.mediator.execute(MarkOrderDeliveredCommand(order_id=order.id))

    assert (ready.version, delivered.version) == (5, 8)

    async def was_told_twice() -> bool:
        return await stages_late(service, order.id) == ["ready", "delivered"]

    await eventually(was_told_twice)
    await eventually(lambda: b'pizzeria_orders_late_total{stage="delivered"} 1.0' in service.metrics.exposition())
    assert b'pizzeria_orders_late_total{stage="ready"} 1.0' in service.metrics.exposition()


async def test_the_time_for_the_delivery_is_a_setting(service: Service) -> None:
    order = await cooking(service, due_minutes_ago=14)

    await service.mediator.execute(MarkOrderReadyCommand(order_id=order.id, cook=LUIGI))
    await service.mediator.execute(DispatchOrderCommand(order_id=order.id))
    delivered = await service.mediator.execute(MarkOrderDeliveredCommand(order_id=order.id))

    assert delivered.version == 7
    await eventually(lambda: service.dispatcher.idle)
    assert await stages_late(service, order.id) == ["ready"]


async def test_an_order_in_time_is_not_counted(service: Service) -> None:
    order = await cooking(service, due_minutes_ago=4)

    ready = await service.mediator.execute(MarkOrderReadyCommand(order_id=order.id, cook=LUIGI))

    assert ready.version == 4
    await eventually(lambda: service.dispatcher.idle)
    assert b'pizzeria_orders_late_total{stage="ready"}' not in service.metrics.exposition()
