"""What every command on an existing order has in common: load it, let it decide, save it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from application.clock import utc_now
from application.mediator import Command
from application.ports import OrderView
from application.telemetry import OrderTelemetry
from domain.order import Order
from domain.repositories import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrder(Command[OrderView]):
    """`expected_version` is the version that the caller decided on; None accepts any."""

    order_id: str
    expected_version: int | None = None


class OrderChanger:
    """Raises `NotFound`, `StaleVersion`, `VersionConflict`, `StoreUnavailable`, and what the verb raises."""

    def __init__(self, orders: Repository[Order], telemetry: OrderTelemetry) -> None:
        self._orders = orders
        self._telemetry = telemetry

    async def change(
        self,
        command: ChangeOrder,
        verb: Callable[[Order, datetime], None],
        before_save: Callable[[Order], Awaitable[None]] | None = None,
    ) -> OrderView:
        """Load the order, apply `verb` at the present moment, run `before_save` if the verb was allowed, and save.

        A verb that found nothing to do has raised no event, and nothing is saved.
        """
        order = await self._orders.get(command.order_id)
        order.expect_version(command.expected_version)
        source, since = order.state.status, order.state.status_since
        verb(order, utc_now())
        if not order.raised:
            return OrderView(order.id, order.version, order.state)
        if before_save:
            await before_save(order)
        await self._orders.save(order)
        if order.state.status is not source:
            seconds = (order.state.status_since - since).total_seconds()
            self._telemetry.moved(source, order.state.status, max(0.0, seconds))
        return OrderView(order.id, order.version, order.state)
