"""The menu as orders are priced by it."""

from application.card import Card
from domain.menu import MENU_ID, Menu
from domain.repositories import Repository


class MenuCard(Card[Menu]):
    def __init__(self, menus: Repository[Menu]) -> None:
        super().__init__(lambda: menus.get(MENU_ID))
