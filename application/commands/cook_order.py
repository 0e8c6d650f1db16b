"""The kitchen's two verbs: start cooking, which takes a place, and mark ready."""

from dataclasses import dataclass

from application.commands.change_order import ChangeOrder, OrderChanger
from application.kitchen.desk import KitchenDesk
from application.ports import OrderView
from domain.errors import VersionConflict
from domain.order import Order
from domain.order_state import StaffMember


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCookingCommand(ChangeOrder):
    cook: StaffMember


class StartCookingCommandHandler:
    def __init__(self, changer: OrderChanger, desk: KitchenDesk) -> None:
        self._changer = changer
        self._desk = desk

    async def handle(self, command: StartCookingCommand) -> OrderView:
        """Raises `KitchenFull` where every place is taken."""

        async def take_place(order: Order) -> None:
            await self._desk.take_place(order.id)

        try:
            return await self._changer.change(
                command, lambda order, now: order.start_cooking(now, command.cook), take_place
            )
        except VersionConflict:
            await self._desk.give_back(command.order_id)
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOrderReadyCommand(ChangeOrder):
    cook: StaffMember


class MarkOrderReadyCommandHandler:
    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def handle(self, command: MarkOrderReadyCommand) -> OrderView:
        return await self._changer.change(command, lambda order, now: order.mark_ready(now, command.cook))
