"""The kitchen's display reports that an order is cooked: it is ready."""

from application.commands.cook_order import MarkOrderReadyCommand
from application.dispatch.handler import EventHandler
from application.events.integration.refusals import verdict
from application.mediator import Mediator
from application.queries.orders import GetOrderQuery
from domain.errors import DomainError, IllegalMove
from domain.events import PizzaCookedEvent
from domain.order_state import StaffMember


class PizzaCookedHandler(EventHandler[PizzaCookedEvent]):
    """An order that is ready already, by a repeat or by somebody's hand, is left alone."""

    def __init__(self, mediator: Mediator) -> None:
        self._mediator = mediator

    async def handle(self, event: PizzaCookedEvent) -> None:
        cook = StaffMember(id=event.cook, name=event.cook)
        try:
            await self._mediator.execute(MarkOrderReadyCommand(order_id=event.order_id, cook=cook))
        except IllegalMove as refusal:
            order = await self._mediator.execute(GetOrderQuery(event.order_id))
            if order.state.ready_at is None:
                raise verdict(refusal) from refusal
        except DomainError as refusal:
            raise verdict(refusal) from refusal
