"""Places in the kitchen that a fault has left taken: who needs one must find them."""

import aiohttp

from tests.app.orders import a_request
from tests.faults.lab import Lab
from tests.faults.ledger import PLACE
from tests.faults.replica import API_KEY


async def need_a_place(lab: Lab) -> None:
    """Have one more order cook in a kitchen that has no more places than are taken.

    A kill between taking a place and cooking leaves it taken until somebody needs it. After this only those places
    are taken whose orders cook.
    """
    await lab.settle()
    taken = len((await lab.auditor.read()).places)
    if not taken:
        return
    for replica in lab.replicas:
        await replica.stop()
    await lab.replicas[0].start(ready=True, PIZZERIA_KITCHEN_CAPACITY=str(taken))
    async with aiohttp.ClientSession(lab.replicas[0].url, headers={"X-API-Key": API_KEY}) as staff:
        async with staff.post("/api/orders", json=a_request()) as response:
            order_id = (await response.json())["id"]
        lab.ledger.acknowledge(order_id, PLACE, 1)
        await _move(lab, staff, order_id, "confirm")
        await _move(lab, staff, order_id, "cook")


async def _move(lab: Lab, staff: aiohttp.ClientSession, order_id: str, move: str) -> None:
    async with staff.post(f"/api/orders/{order_id}/{move}") as response:
        body = await response.json()
        if response.status == 200:
            lab.ledger.acknowledge(order_id, move, body["version"])
        else:
            assert body["code"] == "kitchen_full", body
