"""Takes historic orders through their lives: placed, confirmed, cooked, and handed over."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from app.replay.client import OrderAnswer, PizzeriaClient
from app.replay.failure import Refused, ReplayFailed
from app.replay.pizzaplace import HistoricOrder

FIRST_NAMES = ("Ada", "Bruno", "Carla", "Dino", "Elena", "Fabio", "Gina", "Hugo", "Irma", "Luca", "Mina")
LAST_NAMES = ("Bianchi", "Conti", "Esposito", "Ferrari", "Greco", "Marino", "Ricci", "Romano", "Rossi")
STREETS = ("Via Roma", "Via Verdi", "Corso Italia", "Via Dante", "Piazza Garibaldi", "Via Mazzini", "Viale Europa")


async def walk_all(
    client: PizzeriaClient, orders: Iterable[HistoricOrder], on_finished: Callable[[], None]
) -> dict[str, HistoricOrder]:
    """Finish every order, one on each of the client's connections; returns them by the ids that the service gave them.

    Orders that an earlier run placed are found again and taken on from where they are. Raises `ReplayFailed`.
    """
    finished: dict[str, HistoricOrder] = {}

    async def work(waiting: Iterator[HistoricOrder]) -> None:
        for order in waiting:
            finished[await walk(client, order)] = order
            on_finished()

    waiting = iter(orders)  # one for all workers, so that each order is taken once
    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(client.connections):
                workers.create_task(work(waiting))
    except* ReplayFailed as failures:
        raise failures.exceptions[0] from None
    return finished


async def walk(client: PizzeriaClient, order: HistoricOrder) -> str:
    """Place one order and make every move that it allows, to the end; returns the id that the service gave it."""
    current = await client.place(order_request(order), f"pizzaplace-{order.id}")
    while move := _next_move(current):
        try:
            current = await client.move(current.id, move)
        except Refused as refusal:
            # The move was made before: by an earlier run, or by a call whose answer was lost.
            if refusal.code != "illegal_move":
                raise
            current = await client.get(current.id)
    return current.id


def _next_move(order: OrderAnswer) -> str | None:
    return next((move for move in order.open_moves if move != "cancel"), None)


def order_request(order: HistoricOrder) -> dict[str, Any]:
    """The order as `POST /api/orders` takes it. The table knows no customers; each order's is always the same."""
    number = order.number
    customer = {
        "name": f"{FIRST_NAMES[number % len(FIRST_NAMES)]} {LAST_NAMES[number % len(LAST_NAMES)]}",
        "phone": f"+39055{number:07}",
        "email": f"guest{number}@example.com",
    }
    address = {
        "street": f"{STREETS[number % len(STREETS)]} {number % 120 + 1}",
        "city": "Firenze",
        "postalCode": f"501{number % 45:02}",
    }
    return {
        "customer": customer,
        "fulfilment": {"type": "delivery", "address": address} if number % 2 else {"type": "pickup"},
        "items": [
            {"pizza": pizza, "size": size, "quantity": quantity} for (pizza, size), quantity in order.items.items()
        ],
        "notes": f"First ordered on {order.day} at {order.time}",
    }
