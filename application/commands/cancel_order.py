"""Cancel an order, by the staff or by the customer who placed it."""

from dataclasses import dataclass

from application.commands.change_order import ChangeOrder, OrderChanger
from application.ports import OrderView


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrderCommand(ChangeOrder):
    reason: str
    by_customer: bool = False


class CancelOrderCommandHandler:
    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def handle(self, command: CancelOrderCommand) -> OrderView:
        return await self._changer.change(
            command, lambda order, now: order.cancel(now, command.reason, by_customer=command.by_customer)
        )
