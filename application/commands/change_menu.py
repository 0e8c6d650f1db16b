"""Change the menu: all of it at once, or one pizza or topping."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from application.clock import utc_now
from application.mediator import Command
from application.menu_card import MenuCard
from domain.menu import MENU_ID, Menu, Pizza, Topping
from domain.repositories import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeMenu(Command[Menu]):
    """`expected_version` is the version that the caller decided on; None accepts any."""

    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceMenuCommand(ChangeMenu):
    currency: str
    pizzas: tuple[Pizza, ...]
    toppings: tuple[Topping, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPizzaCommand(ChangeMenu):
    pizza: Pizza


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePizzaCommand(ChangeMenu):
    pizza: Pizza


@dataclass(frozen=True, slots=True, kw_only=True)
class RetirePizzaCommand(ChangeMenu):
    pizza_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToppingCommand(ChangeMenu):
    topping: Topping


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeToppingCommand(ChangeMenu):
    topping: Topping


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireToppingCommand(ChangeMenu):
    topping_id: str


class MenuChanger:
    """Raises `StaleVersion`, `VersionConflict`, `BacklogFull`, `StoreUnavailable`, and what the verb raises."""

    def __init__(self, menus: Repository[Menu], card: MenuCard) -> None:
        self._menus = menus
        self._card = card

    async def change(self, command: ChangeMenu, verb: Callable[[Menu, datetime], None]) -> Menu:
        """Load the menu, apply `verb` at the present moment, and save it if that changed anything."""
        menu = await self._menus.get(MENU_ID)
        menu.expect_version(command.expected_version)
        verb(menu, utc_now())
        if menu.raised:
            await self._menus.save(menu)
            self._card.forget()
        return menu


class ReplaceMenuCommandHandler:
    def __init__(self, changer: MenuChanger) -> None:
        self._changer = changer

    async def handle(self, command: ReplaceMenuCommand) -> Menu:
        pizzas, toppings = list(command.pizzas), list(command.toppings)
        return await self._changer.change(
            command, lambda menu, now: menu.replace(command.currency, pizzas, toppings, now)
        )


class AddPizzaCommandHandler:
    def __init__(self, changer: MenuChanger) -> None:
        self._changer = changer

    async def handle(self, command: AddPizzaCommand) -> Menu:
        return await self._changer.change(command, lambda menu, now: menu.add_pizza(command.pizza, now))


class ChangePizzaCommandHandler:
    def __init__(self, changer: MenuChanger) -> None:
        self._changer = changer

    async def handle(self, command: ChangePizzaCommand) -> Menu:
        return await self._changer.change(command, lambda menu, now: menu.change_pizza(command.pizza, now))


class RetirePizzaCommandHandler:
    def __init__(self, changer: MenuChanger) -> None:
        self._changer = changer

    async def handle(self, command: RetirePizzaCommand) -> Menu:
        return await self._changer.change(command, lambda menu, now: menu.retire_pizza(command.pizza_id, now))


class AddToppingCommandHandler:
    def __init__(self, changer: MenuChanger) -> None:
        self._changer = changer

    async def handle(self, command: AddToppingCommand) -> Menu:
        return await self._changer.change(command, lambda menu, now: menu.add_topping(command.topping, now))


class ChangeToppingCommandHandler:
    def __init__(self, changer: MenuChanger) -> None:
        self._changer = changer

    async def handle(self, command: ChangeToppingCommand) -> Menu:
        return await self._changer.change(command, lambda menu, now: menu.change_topping(command.topping, now))


class RetireToppingCommandHandler:
    def __init__(self, changer: MenuChanger) -> None:
        self._changer = changer

    async def handle(self, command: RetireToppingCommand) -> Menu:
        return await self._changer.change(command, lambda menu, now: menu.retire_topping(command.topping_id, now))
