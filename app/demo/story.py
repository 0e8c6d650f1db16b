"""The story that `pizzeria demo` tells, each line once it has come true."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.bootstrap import Service, running
from app.demo.sink import Sink, open_sink
from app.settings import Settings
from application.commands.change_menu import AddPizzaCommand
from application.commands.confirm_order import ConfirmOrderCommand
from application.commands.cook_order import MarkOrderReadyCommand, StartCookingCommand
from application.commands.hand_over_order import DispatchOrderCommand
from application.commands.place_order import BasketItem, PlaceOrderCommand
from application.queries.notifications import GetOrderNotificationsQuery
from application.queries.orders import GetOrderQuery
from domain.inventory import RECIPE_BOOK_ID
from domain.menu import Pizza
from domain.order_lifecycle import FulfilmentType, OrderStatus
from domain.order_state import Address, Customer, Fulfilment, StaffMember
from domain.stock import Level

PATIENCE = 10.0
CALZONE = Pizza(id="calzone", name="Calzone", prices={"large": 1599}, description="Folded, ham and ricotta")
ALICE = Customer(name="Alice Johnson", phone="+15550100", email="alice@example.com")
HOME = Fulfilment(
    type=FulfilmentType.DELIVERY, address=Address(street="12 Bedford Street", city="Springfield", postal_code="12345")
)
LUIGI = StaffMember(id="luigi", name="Luigi")
EVENTS = ["placed", "confirmed", "cooking-started", "ready", "shipped"]

Tell = Callable[[str], None]


class StoryFailed(Exception):
    """What should have followed has not."""


async def run_demo(tell: Tell, *, portions: int = 10, patience: float = PATIENCE) -> None:
    """Tell it from a fresh service, waiting for so many seconds at most for what follows by itself.

    Raises `StoryFailed`: with other than 10 `portions` of a new pizza in stock too.
    """
    with tempfile.TemporaryDirectory() as folder:
        async with open_sink() as sink:
            settings = Settings(
                database_url=f"sqlite:///{Path(folder) / 'demo.db'}",
                cloudevents_sink=sink.url,
                opening_portions=portions,
            )
            async with running(settings) as service:
                await Story(service, sink, tell, patience).run()


@dataclass(slots=True)
class Story:
    service: Service
    sink: Sink
    tell: Tell
    patience: float

    async def run(self) -> None:
        await self._a_pizza_joins()
        order_id = await self._an_order_is_placed()
        await self._it_is_confirmed(order_id)
        await self._it_is_shipped(order_id)
        await self._everybody_was_told(order_id)
        await self._check(order_id)
        self.tell("\nAll checks passed!")

    async def _a_pizza_joins(self) -> None:
        self.tell("Adding a pizza to the menu ...")
        await self._ask(AddPizzaCommand(pizza=CALZONE))
        await self._until(self._is_stocked, "the stock room stocks the new pizza")
        self.tell(f"  [Inventory] Stocked 10 portions of '{CALZONE.name}', by itself")

    async def _an_order_is_placed(self) -> str:
        self.tell("\nPlacing an order ...")
        items = (BasketItem(pizza=CALZONE.id, size="large", quantity=2),)
        order = await self._ask(PlaceOrderCommand(customer=ALICE, fulfilment=HOME, items=items))
        total = order.state.total_amount
        self.tell(f"  Order {order.id}: 2 x {CALZONE.name} for {ALICE.name}, {total / 100:.2f} {order.state.currency}")
        await self._until(lambda: self._has(Level(on_hand=10, reserved=2)), "two portions are reserved")
        self.tell("  [Inventory] Reserved 2 portions")
        return str(order.id)

    async def _it_is_confirmed(self, order_id: str) -> None:
        self.tell("Confirming the order ...")
        await self._ask(ConfirmOrderCommand(order_id=order_id))
        await self._until(lambda: self._has(Level(on_hand=8)), "two portions are deducted")
        self.tell("  [Inventory] Deducted 2 portions: 8 are left")

    async def _it_is_shipped(self, order_id: str) -> None:
        self.tell("Cooking and shipping the order ...")
        await self._ask(StartCookingCommand(order_id=order_id, cook=LUIGI))
        await self._ask(MarkOrderReadyCommand(order_id=order_id, cook=LUIGI))
        await self._ask(DispatchOrderCommand(order_id=order_id, tracking_number="MP-1"))
        self.tell("  On its way with Mario's own drivers, tracking number MP-1")

    async def _everybody_was_told(self, order_id: str) -> None:
        async def told() -> bool:
            return len(self.sink.types_of(order_id)) == len(EVENTS) and await self._shipping_was_told(order_id)

        await self._until(told, "the customer and the sink hear of it all")
        self.tell("\nWhat followed by itself:")
        for record in await self._ask(GetOrderNotificationsQuery(order_id)):
            self.tell(f"  [Notification] {record.channel.value}: {record.kind.value}, {record.status.value}")
        for event_type in self.sink.types_of("menu") + self.sink.types_of(order_id):
            self.tell(f"  [CloudEvent] {event_type}")

    async def _check(self, order_id: str) -> None:
        order = await self._ask(GetOrderQuery(order_id))
        types = [f"com.mariopizzeria.order.{name}.v1" for name in EVENTS]
        facts = {
            "the order is on its way": order.state.status is OrderStatus.DELIVERING,
            "it has one line of two": [line.quantity for line in order.state.items] == [2],
            "eight portions are left": await self._has(Level(on_hand=8)),
            "its CloudEvents came once, in order": self.sink.types_of(order_id) == types,
        }
        for fact, holds in facts.items():
            if not holds:
                raise StoryFailed(f"not true that {fact}")

    async def _shipping_was_told(self, order_id: str) -> bool:
        records = await self._ask(GetOrderNotificationsQuery(order_id))
        return {"sms", "email"} <= {record.channel.value for record in records if record.kind.value == "shipped"}

    async def _is_stocked(self) -> bool:
        """Portions are on hand, and a recipe says that an order takes them."""
        book = await self.service.store.recipe_books.get(RECIPE_BOOK_ID)
        return CALZONE.id in book.state.recipes and await self._has(Level(on_hand=10))

    async def _has(self, level: Level) -> bool:
        return (await self.service.store.stock_room.levels()).get(CALZONE.id) == level

    async def _ask(self, request: Any) -> Any:
        return await self.service.mediator.execute(request)

    async def _until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        try:
            async with asyncio.timeout(self.patience):
                while not await condition():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            raise StoryFailed(f"{what}, but not within {self.patience:g} s") from None
