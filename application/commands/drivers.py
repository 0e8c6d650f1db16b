"""Register drivers, and keep what is known of them."""

from dataclasses import dataclass

from application.clock import utc_now
from application.mediator import Command
from application.ports.drivers import DriverView
from domain.driver import Driver
from domain.repositories import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterDriverCommand(Command[DriverView]):
    driver_id: str
    name: str


class RegisterDriverCommandHandler:
    def __init__(self, drivers: Repository[Driver]) -> None:
        self._drivers = drivers

    async def handle(self, command: RegisterDriverCommand) -> DriverView:
        """Raises `DuplicateId`, `StoreUnavailable`."""
        driver = Driver.register(command.driver_id, command.name, utc_now())
        await self._drivers.add(driver)
        return DriverView(driver.id, driver.version, driver.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeDriverCommand(Command[DriverView]):
    """`expected_version` is the version that the caller decided on; None accepts any."""

    driver_id: str
    name: str
    active: bool
    expected_version: int | None = None


class ChangeDriverCommandHandler:
    def __init__(self, drivers: Repository[Driver]) -> None:
        self._drivers = drivers

    async def handle(self, command: ChangeDriverCommand) -> DriverView:
        """Raises `NotFound`, `StaleVersion`, `DriverOnTour`, `VersionConflict`, `StoreUnavailable`."""
        driver = await self._drivers.get(command.driver_id)
        driver.expect_version(command.expected_version)
        driver.change(utc_now(), command.name, active=command.active)
        if driver.raised:
            await self._drivers.save(driver)
        return DriverView(driver.id, driver.version, driver.state)
