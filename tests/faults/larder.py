"""The stock room of the fault suite, and how it is filled: with so much that nothing sells out."""

import asyncio
from collections.abc import Mapping

import aiohttp

from tests.faults.recipes import INGREDIENTS, SIZES, TOPPINGS
from tests.faults.replica import API_KEY, Replica

DELIVERED = 1_000_000
PATIENCE = aiohttp.ClientTimeout(total=10)


async def fill(replica: Replica) -> None:
    """Name the ingredients, take a delivery of each in, and write the recipes, which come last: from then on orders
    ask for what is there. All of it may be done again."""
    async with aiohttp.ClientSession(replica.url, headers={"X-API-Key": API_KEY}, timeout=PATIENCE) as staff:
        for ingredient in INGREDIENTS:
            await _insist(staff, "PUT", f"/api/ingredients/{ingredient}", {"name": ingredient, "unit": "piece"})
            delivery = {"ingredient": ingredient, "kind": "delivery", "amount": DELIVERED}
            await _insist(staff, "POST", "/api/stock/movements", delivery, {"Idempotency-Key": f"first-{ingredient}"})
        for pizza, sizes in SIZES.items():
            await _insist(staff, "PUT", f"/api/recipes/{pizza}", {"sizes": sizes, "toppings": TOPPINGS[pizza]})


async def _insist(
    staff: aiohttp.ClientSession, method: str, path: str, content: object, headers: Mapping[str, str] | None = None
) -> None:
    """Raises TimeoutError where it is not done in time."""
    async with asyncio.timeout(60):
        while True:
            async with staff.request(method, path, json=content, headers=headers) as response:
                if response.ok:
                    return
                assert response.status in (409, 503), await response.text()
            await asyncio.sleep(0.1)
