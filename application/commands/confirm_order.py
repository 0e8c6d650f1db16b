"""Confirm an order: the kitchen will make it, and says when it will be ready."""

from dataclasses import dataclass

from application.commands.change_order import ChangeOrder, OrderChanger
from application.kitchen.load import KitchenLoad
from application.ports import OrderView
from domain.order_lifecycle import OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOrderCommand(ChangeOrder):
    pass


class ConfirmOrderCommandHandler:
    def __init__(self, changer: OrderChanger, load: KitchenLoad) -> None:
        self._changer = changer
        self._load = load

    async def handle(self, command: ConfirmOrderCommand) -> OrderView:
        ready = self._load.ready_time(await self._load.count(OrderStatus.CONFIRMED, OrderStatus.COOKING))
        return await self._changer.change(command, lambda order, now: order.confirm(now, ready))
