"""The menu as orders are priced by it: read from the store at most once a second, not once an order."""

import asyncio
import time

from domain.menu import MENU_ID, Menu
from domain.repositories import Repository

FRESH_SECONDS = 1.0


class MenuCard:
    """A change made through this process shows at once, one made through another within `FRESH_SECONDS`."""

    def __init__(self, menus: Repository[Menu]) -> None:
        self._menus = menus
        self._menu: Menu | None = None
        self._read_at = 0.0
        self._reading = asyncio.Lock()

    async def current(self) -> Menu:
        """Raises `StoreUnavailable`."""
        if self._menu is None or time.monotonic() - self._read_at > FRESH_SECONDS:
            async with self._reading:
                if self._menu is None or time.monotonic() - self._read_at > FRESH_SECONDS:
                    self._menu = await self._menus.get(MENU_ID)
                    self._read_at = time.monotonic()
        return self._menu

    def forget(self) -> None:
        """Read anew next time."""
        self._menu = None
