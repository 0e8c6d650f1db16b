"""Give an order to a driver, or take it from him."""

from dataclasses import dataclass

from application.commands.change_order import ChangeOrder, OrderChanger
from application.ports import OrderView
from domain.driver import Driver
from domain.errors import UnknownDriver
from domain.repositories import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignDriverCommand(ChangeOrder):
    driver_id: str


class AssignDriverCommandHandler:
    def __init__(self, changer: OrderChanger, drivers: Repository[Driver]) -> None:
        self._changer = changer
        self._drivers = drivers

    async def handle(self, command: AssignDriverCommand) -> OrderView:
        """Raises `UnknownDriver`, `DriverInactive`, `AlreadyAssigned`, `NotADelivery`, and what `change` raises."""
        driver = await self._drivers.find(command.driver_id)
        if driver is None:
            raise UnknownDriver("There is no such driver. GET /api/drivers lists them.", parameter="/driver")
        driver.expect_active()
        return await self._changer.change(
            command, lambda order, now: order.assign_driver(now, driver.id, driver.state.name)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnassignDriverCommand(ChangeOrder):
    pass


class UnassignDriverCommandHandler:
    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def handle(self, command: UnassignDriverCommand) -> OrderView:
        """Where he is on a tour with it, the stop is dropped a moment later."""
        return await self._changer.change(command, lambda order, now: order.unassign_driver(now))
