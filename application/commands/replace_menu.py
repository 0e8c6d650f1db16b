"""Put another menu in place."""

from dataclasses import dataclass

from application.mediator import Command
from application.menu_card import MenuCard
from domain.errors import StaleVersion
from domain.menu import MENU_ID, Menu, Pizza, Topping
from domain.repositories import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceMenuCommand(Command[Menu]):
    currency: str
    pizzas: tuple[Pizza, ...]
    toppings: tuple[Topping, ...]
    expected_version: int | None = None


class ReplaceMenuCommandHandler:
    def __init__(self, menus: Repository[Menu], card: MenuCard) -> None:
        self._menus = menus
        self._card = card

    async def handle(self, command: ReplaceMenuCommand) -> Menu:
        """Raises `InvalidMenu`, `StaleVersion`, `VersionConflict`, `StoreUnavailable`."""
        menu = await self._menus.get(MENU_ID)
        if command.expected_version is not None and command.expected_version != menu.version:
            raise StaleVersion(command.expected_version, menu.version)
        menu.replace(command.currency, list(command.pizzas), list(command.toppings))
        await self._menus.save(menu)
        self._card.forget()
        return menu
