"""Tours as several replicas start and follow them, on a store of which nobody acknowledges an event."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from application.clock import utc_now
from application.commands.change_order import OrderChanger
from application.commands.hand_over_order import DispatchOrderCommandHandler
from application.commands.start_tour import StartTourCommand, StartTourCommandHandler
from application.events.delivery import TourDispatchHandler, TourStopHandler
from application.store import Store
from application.telemetry import NoTelemetry
from application.tour_desk import TourDesk
from domain.driver import StopStatus
from domain.errors import (
    DomainError,
)
from domain.events import (
    DomainEvent,
    OrderCancelledEvent,
    OrderDeliveredEvent,
    TourStartedEvent,
)
from domain.order import Order
from domain.order_state import Fulfilment
from domain.repositories import Repository
from tests.builders import DELIVERY, LUIGI, an_order

LUIGIS, MARIAS = "driver-luigi", "driver-maria"


@dataclass(slots=True)
class Replica:
    """One process of several on a store; nothing is delivered but what a test delivers."""

    store: Store

    @property
    def desk(self) -> TourDesk:
        return TourDesk(self.store.drivers, self.store.orders, self.dispatch)

    @property
    def dispatch(self) -> DispatchOrderCommandHandler:
        return DispatchOrderCommandHandler(OrderChanger(self.store.orders, NoTelemetry()))

    async def start(self, driver_id: str, *order_ids: str) -> None:
        handler = StartTourCommandHandler(self.store.drivers, self.store.orders, self.desk)
        await handler.handle(StartTourCommand(driver_id=driver_id, order_ids=order_ids))

    async def deliver(self, *events: DomainEvent) -> None:
        """Hand events to the reactions, as the dispatcher would."""
        for event in events:
            if isinstance(event, TourStartedEvent):
                await TourDispatchHandler(self.desk).deliver([event])
            elif isinstance(event, OrderDeliveredEvent | OrderCancelledEvent):
                await TourStopHandler(self.desk).deliver([event])


class Interrupted:
    """A repository that is slow once: in the very moment before it finds, gets or saves, something else happens."""

    def __init__(
        self, repository: Repository[Any], call: str, interruption: Callable[[], Awaitable[None]], *, at: int = 1
    ) -> None:
        self._repository = repository
        self._call = call
        self._interruption = interruption
        self._countdown = at

    def __getattr__(self, call: str) -> Any:
        async def interrupted(*arguments: object) -> Any:
            if call == self._call:
                self._countdown -= 1
                if self._countdown == 0:
                    await self._interruption()
            return await getattr(self._repository, call)(*arguments)

        return interrupted


async def ready_order(store: Store, fulfilment: Fulfilment = DELIVERY) -> Order:
    order = an_order(fulfilment=fulfilment)
    now = utc_now()
    order.confirm(now, now + timedelta(minutes=12))
    order.start_cooking(now, LUIGI)
    order.mark_ready(now, LUIGI)
    await store.orders.add(order)
    return order


async def ready_orders(store: Store, count: int) -> list[str]:
    return [(await ready_order(store)).id for _ in range(count)]


async def so_far(store: Store) -> list[DomainEvent]:
    """All that has happened: since nobody acknowledges, every event is still there, to be delivered again."""
    events: list[DomainEvent] = []
    for outbox in (store.outboxes["driver"], store.outboxes["order"]):
        claims = await outbox.claim_due("", 1000)
        events += [pending.event for claim in claims for pending in claim.pending]
        await outbox.release(claims)
    return events


async def settled(replica: Replica) -> None:
    """Deliver everything until nothing new happens."""
    known = 0
    while len(events := await so_far(replica.store)) > known:
        known = len(events)
        await replica.deliver(*events)


async def order_of(store: Store, order_id: str) -> Order:
    return await store.orders.get(order_id)


async def stops_of(store: Store, driver_id: str) -> dict[str, StopStatus]:
    tour = (await store.drivers.get(driver_id)).state.tour
    return {stop.order_id: stop.status for stop in tour.stops} if tour else {}


async def picture(store: Store, driver_id: str, *order_ids: str) -> list[object]:
    """A driver and orders as they are now, in whole."""
    driver = await store.drivers.get(driver_id)
    orders = [await store.orders.get(order_id) for order_id in order_ids]
    return [(driver.version, driver.state), *((order.version, order.state) for order in orders)]


async def hand_over(store: Store, order_id: str) -> None:
    order = await store.orders.get(order_id)
    order.mark_delivered(utc_now())
    await store.orders.save(order)


async def cancel(store: Store, order_id: str) -> None:
    order = await store.orders.get(order_id)
    order.cancel(utc_now(), "changed my mind")
    await store.orders.save(order)


async def unassign(store: Store, order_id: str) -> None:
    order = await store.orders.get(order_id)
    order.unassign_driver(utc_now())
    await store.orders.save(order)


async def assign(store: Store, order_id: str, driver_id: str) -> None:
    order = await store.orders.get(order_id)
    order.assign_driver(utc_now(), driver_id, driver_id.title())
    await store.orders.save(order)


async def outcome_of(attempt: Awaitable[object]) -> DomainError | None:
    try:
        await attempt
    except DomainError as refusal:
        return refusal
    return None


async def finish(replica: Replica, driver_id: str) -> None:
    await replica.desk.follow(driver_id)
    for order_id in await stops_of(replica.store, driver_id):
        await hand_over(replica.store, order_id)
    await replica.desk.follow(driver_id)
