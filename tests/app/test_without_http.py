"""The service in a script: built, used and stopped with no HTTP in between."""

from pathlib import Path

from app.bootstrap import running
from app.settings import load_settings
from application.commands.confirm_order import ConfirmOrderCommand
from application.commands.place_order import BasketItem, PlaceOrderCommand
from application.queries.kitchen import ListTicketsQuery
from application.queries.orders import GetOrderEventsQuery, GetOrderQuery
from domain.kitchen import OPEN_TICKETS
from domain.order_lifecycle import FulfilmentType, OrderStatus
from domain.order_state import Customer, Fulfilment
from tests.waiting import eventually


async def test_a_script_places_an_order_and_sees_what_comes_of_it(tmp_path: Path) -> None:
    async with running(load_settings(database_url=f"sqlite:///{tmp_path}/pizzeria.db")) as service:
        ask = service.mediator.execute
        placed = await ask(
            PlaceOrderCommand(
                customer=Customer(name="Anna", phone="+39081123456"),
                fulfilment=Fulfilment(type=FulfilmentType.PICKUP),
                items=(BasketItem(pizza="margherita", size="large", quantity=2),),
            )
        )
        await ask(ConfirmOrderCommand(order_id=placed.id))

        assert (await ask(GetOrderQuery(placed.id))).state.status is OrderStatus.CONFIRMED

        async def the_kitchen_knows() -> bool:
            tickets = await ask(ListTicketsQuery(OPEN_TICKETS, 10))
            return [ticket.order_id for ticket in tickets] == [placed.id]

        async def both_are_on_record() -> bool:
            events = await ask(GetOrderEventsQuery(placed.id))
            return [type(logged.event).__name__ for logged in events] == ["OrderPlacedEvent", "OrderConfirmedEvent"]

        await eventually(the_kitchen_knows)
        await eventually(both_are_on_record)
