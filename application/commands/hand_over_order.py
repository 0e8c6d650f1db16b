"""The last yards: dispatch and deliver, or collect."""

from dataclasses import dataclass
from datetime import timedelta

from application.commands.change_order import ChangeOrder, OrderChanger
from application.ports import OrderView
from domain.order_rules import DELIVERY_TIME

DEFAULT_CARRIER = "Mario's own drivers"


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchOrderCommand(ChangeOrder):
    """`tracking_number` None takes the order's id."""

    tracking_number: str | None = None
    carrier: str | None = None


class DispatchOrderCommandHandler:
    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def handle(self, command: DispatchOrderCommand) -> OrderView:
        tracking_number = command.tracking_number or command.order_id
        carrier = command.carrier or DEFAULT_CARRIER
        return await self._changer.change(command, lambda order, now: order.dispatch(now, tracking_number, carrier))


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkOrderDeliveredCommand(ChangeOrder):
    pass


class MarkOrderDeliveredCommandHandler:
    """`delivery_time` is what the way to the customer may take after the order was to be ready."""

    def __init__(self, changer: OrderChanger, delivery_time: timedelta = DELIVERY_TIME) -> None:
        self._changer = changer
        self._delivery_time = delivery_time

    async def handle(self, command: MarkOrderDeliveredCommand) -> OrderView:
        return await self._changer.change(command, lambda order, now: order.mark_delivered(now, self._delivery_time))


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectOrderCommand(ChangeOrder):
    pass


class CollectOrderCommandHandler:
    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def handle(self, command: CollectOrderCommand) -> OrderView:
        return await self._changer.change(command, lambda order, now: order.collect(now))
