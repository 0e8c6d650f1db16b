"""Confirm an order: the kitchen will make it, and says when it will be ready."""

from dataclasses import dataclass
from datetime import timedelta

from application.clock import utc_now
from application.commands.change_order import ChangeOrder, OrderChanger
from application.ports import OrderQueries, OrderView
from domain.kitchen import estimate_ready_time
from domain.order_lifecycle import OrderStatus

#: Past this many orders in the kitchen the estimate grows no further.
LONGEST_QUEUE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmOrderCommand(ChangeOrder):
    pass


class ConfirmOrderCommandHandler:
    def __init__(self, changer: OrderChanger, orders: OrderQueries, capacity: int, cooking_time: timedelta) -> None:
        self._changer = changer
        self._orders = orders
        self._capacity = capacity
        self._cooking_time = cooking_time

    async def handle(self, command: ConfirmOrderCommand) -> OrderView:
        ahead = await self._orders.count_by_status((OrderStatus.CONFIRMED, OrderStatus.COOKING), at_most=LONGEST_QUEUE)
        ready = estimate_ready_time(utc_now(), ahead, self._capacity, self._cooking_time)
        return await self._changer.change(command, lambda order, now: order.confirm(now, ready))
