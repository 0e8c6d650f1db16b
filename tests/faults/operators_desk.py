"""What an operator does about dead letters: looks how many there are, lists them, and has them tried again."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.faults.replica import API_KEY, Replica
from tests.waiting import eventually

PAGE = 50
#: How long the service may take to tell, in seconds.
TOLD_SECONDS = 5.0
GAUGE = re.compile(r"^pizzeria_dead_letters_documents (\S+)$", re.MULTILINE)


class OperatorsDesk:
    """Works through the API of one replica, and nothing else."""

    def __init__(self, replica: Replica, session: aiohttp.ClientSession) -> None:
        self._replica = replica
        self._session = session

    async def is_told(self, orders: int) -> bool:
        """Whether health and metrics come to tell in time that so many orders have a dead letter."""

        async def both() -> bool:
            health, gauge = await self._replica.health(), GAUGE.search(await self._replica.metrics())
            told = health["backlog"]["deadLetters"], float(gauge[1]) if gauge else None
            return told == (orders, orders) and ("dead_letters" in health["reasons"]) == (orders > 0)

        try:
            await eventually(both, TOLD_SECONDS)
        except AssertionError:
            return False
        return True

    async def letters(self) -> list[dict[str, Any]]:
        """All of them, page by page."""
        found: list[dict[str, Any]] = []
        cursor: str | None = ""
        while cursor is not None:
            page = await self._page(cursor)
            found += page["items"]
            cursor = page["nextCursor"]
        return found

    async def redrive_all(self) -> int:
        """Have every one tried again, page after page, until none is left. Returns how many those were."""
        redriven = 0
        while letters := (await self._page())["items"]:
            for letter in letters:
                async with self._session.post(f"/api/dead-letters/{letter['id']}/redrive") as response:
                    redriven += response.status == 204
        return redriven

    async def _page(self, cursor: str = "") -> dict[str, Any]:
        query = {"limit": str(PAGE), **({"cursor": cursor} if cursor else {})}
        async with self._session.get("/api/dead-letters", params=query) as response:
            response.raise_for_status()
            page: dict[str, Any] = await response.json()
            return page


@asynccontextmanager
async def desk_of(replica: Replica) -> AsyncIterator[OperatorsDesk]:
    async with aiohttp.ClientSession(replica.url, headers={"X-API-Key": API_KEY}) as session:
        yield OperatorsDesk(replica, session)
