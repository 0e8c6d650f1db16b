"""`pizzeria` as an operator runs it, and a service that is busy meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from app.bootstrap import Service, running
from app.settings import load_settings
from application.commands.change_order import ChangeOrder
from application.commands.confirm_order import ConfirmOrderCommand
from application.commands.cook_order import MarkOrderReadyCommand, StartCookingCommand
from application.commands.hand_over_order import CollectOrderCommand
from application.commands.place_order import BasketItem, PlaceOrderCommand
from domain.order_state import Customer
from tests.builders import LUIGI, PICKUP
from tests.pizzeria import run
from tests.sinks import Sink

WALKERS = 6
#: More places than walkers, so that nobody is refused.
CAPACITY = 1_000


async def pizzeria(database: dict[str, str], *arguments: object) -> tuple[int, str]:
    """Run the command line on a database; return the exit code and all that it said."""
    return await run(*arguments, settings={f"PIZZERIA_{name.upper()}": value for name, value in database.items()})


def serving(database: dict[str, str], sink: Sink) -> Any:
    return running(
        load_settings(**database, cloudevents_sink=sink.url, kitchen_capacity=CAPACITY, retry_base_seconds=0.05)
    )


async def place(service: Service) -> str:
    order = await service.mediator.execute(
        PlaceOrderCommand(
            customer=Customer(name="Anna", phone="+39081123456"),
            fulfilment=PICKUP,
            items=(BasketItem(pizza="margherita", size="large", quantity=2),),
        )
    )
    return str(order.id)


def moves(order_id: str) -> list[ChangeOrder]:
    return [
        ConfirmOrderCommand(order_id=order_id),
        StartCookingCommand(order_id=order_id, cook=LUIGI),
        MarkOrderReadyCommand(order_id=order_id, cook=LUIGI),
        CollectOrderCommand(order_id=order_id),
    ]


@asynccontextmanager
async def busy(service: Service) -> AsyncIterator[None]:
    """Orders are placed and walked through their lives all the while."""
    going = True

    async def walk() -> None:
        while going:
            for move in moves(await place(service)):
                await service.mediator.execute(move)

    walkers = [asyncio.create_task(walk()) for _ in range(WALKERS)]
    try:
        yield
        assert not any(walker.done() for walker in walkers), "nobody wrote any more"
    finally:
        going = False
        await asyncio.gather(*walkers)
