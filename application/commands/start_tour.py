"""Send a driver out with several orders.

Each order is made his first, each by a save of its own, and the tour comes last: so two drivers cannot take the same
order, nor one driver two tours. A crash in between leaves orders with a driver who is not on tour: another start takes
them along, and unassigning frees them.
"""

from dataclasses import dataclass
from functools import partial

from application.clock import utc_now
from application.mediator import Command
from application.ports.drivers import DriverView
from application.tour_desk import TourDesk, until_saved
from domain.driver import Driver, check_stops
from domain.errors import DomainError, IllegalMove, NotADelivery, StoreUnavailable, UnknownOrder
from domain.identity import new_tour_id
from domain.order import Order
from domain.order_lifecycle import FulfilmentType, Move
from domain.repositories import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTourCommand(Command[DriverView]):
    """`order_ids` in the order of the stops."""

    driver_id: str
    order_ids: tuple[str, ...]


class StartTourCommandHandler:
    def __init__(self, drivers: Repository[Driver], orders: Repository[Order], desk: TourDesk) -> None:
        self._drivers = drivers
        self._orders = orders
        self._desk = desk

    async def handle(self, command: StartTourCommand) -> DriverView:
        """Raises `NotFound`, `DriverInactive`, `DriverOnTour`, `VersionConflict`, `StoreUnavailable`;
        and `InvalidTour`, `UnknownOrder`, `NotADelivery`, `IllegalMove`, `AlreadyAssigned`, which name the order."""
        check_stops(command.order_ids)
        taken: set[str] = set()
        try:
            driver = await until_saved(partial(self._start, command, taken))
        except StoreUnavailable:
            raise  # whether the tour was written is not known, so nothing may be taken back
        except DomainError:
            for order_id in taken:
                await until_saved(partial(self._give_back, command.driver_id, order_id))
            raise
        return DriverView(driver.id, driver.version, driver.state)

    async def _start(self, command: StartTourCommand, taken: set[str]) -> Driver:
        driver = await self._free_driver(command)
        orders = [
            await self._checked(driver, order_id, f"/orders/{index}")
            for index, order_id in enumerate(command.order_ids)
        ]
        # In the same order for everybody: of those who want some of the same orders, one gets all of his.
        for order in sorted(orders, key=lambda order: order.id):
            if order.raised:
                await self._orders.save(order)
                taken.add(order.id)
        driver.start_tour(utc_now(), new_tour_id(), command.order_ids)
        await self._drivers.save(driver)
        return driver

    async def _free_driver(self, command: StartTourCommand) -> Driver:
        driver = await self._drivers.get(command.driver_id)
        driver.expect_active()
        if driver.state.tour:  # his orders may all be delivered, and word of it still on its way
            await self._desk.follow(driver.id)
            driver = await self._drivers.get(driver.id)
        driver.expect_free()
        return driver

    async def _checked(self, driver: Driver, order_id: str, pointer: str) -> Order:
        """The order, made the driver's and not yet saved."""
        order = await self._orders.find(order_id)
        if order is None:
            raise UnknownOrder("There is no such order. GET /api/orders finds them.", parameter=pointer)
        try:
            if order.state.fulfilment.type is not FulfilmentType.DELIVERY:
                raise NotADelivery("The customer fetches this order. Leave it here.")
            if Move.DISPATCH not in order.open_moves:
                raise IllegalMove(Move.DISPATCH, order.state.status, order.open_moves)
            order.assign_driver(utc_now(), driver.id, driver.state.name)
        except DomainError as refusal:
            refusal.parameter = pointer
            raise
        return order

    async def _give_back(self, driver_id: str, order_id: str) -> None:
        """Free an order that this command took for nothing, unless another of his tours has it now."""
        driver = await self._drivers.find(driver_id)
        order = await self._orders.find(order_id)
        on_tour = driver is not None and driver.open_stop(order_id) is not None
        if order is None or on_tour or order.state.driver_id != driver_id or Move.DISPATCH not in order.open_moves:
            return
        order.unassign_driver(utc_now())
        await self._orders.save(order)
