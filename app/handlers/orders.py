"""Orders: from placing one to its last move, and reading them."""

from app.parts import Parts
from application.commands.cancel_order import CancelOrderCommand, CancelOrderCommandHandler
from application.commands.confirm_order import ConfirmOrderCommand, ConfirmOrderCommandHandler
from application.commands.cook_order import (
    MarkOrderReadyCommand,
    MarkOrderReadyCommandHandler,
    StartCookingCommand,
    StartCookingCommandHandler,
)
from application.commands.hand_over_order import (
    CollectOrderCommand,
    CollectOrderCommandHandler,
    DispatchOrderCommand,
    DispatchOrderCommandHandler,
    MarkOrderDeliveredCommand,
    MarkOrderDeliveredCommandHandler,
)
from application.commands.place_order import PlaceOrderCommand, PlaceOrderCommandHandler
from application.mediator import Mediator
from application.queries.orders import (
    GetOrderEventsQuery,
    GetOrderEventsQueryHandler,
    GetOrderQuery,
    GetOrderQueryHandler,
    ListOrdersQuery,
    ListOrdersQueryHandler,
)
from application.queries.quote import QuoteOrderQuery, QuoteOrderQueryHandler


def register(mediator: Mediator, parts: Parts) -> None:
    queries = parts.store.order_queries
    mediator.register(PlaceOrderCommand, PlaceOrderCommandHandler(parts.store.orders, queries, parts.menu, parts.stock))
    mediator.register(QuoteOrderQuery, QuoteOrderQueryHandler(parts.menu, parts.stock))
    mediator.register(ConfirmOrderCommand, ConfirmOrderCommandHandler(parts.orders, parts.kitchen_load))
    mediator.register(StartCookingCommand, StartCookingCommandHandler(parts.orders, parts.kitchen_desk))
    mediator.register(MarkOrderReadyCommand, MarkOrderReadyCommandHandler(parts.orders))
    mediator.register(DispatchOrderCommand, DispatchOrderCommandHandler(parts.orders))
    mediator.register(MarkOrderDeliveredCommand, MarkOrderDeliveredCommandHandler(parts.orders))
    mediator.register(CollectOrderCommand, CollectOrderCommandHandler(parts.orders))
    mediator.register(CancelOrderCommand, CancelOrderCommandHandler(parts.orders))
    mediator.register(GetOrderQuery, GetOrderQueryHandler(queries))
    mediator.register(ListOrdersQuery, ListOrdersQueryHandler(queries))
    mediator.register(GetOrderEventsQuery, GetOrderEventsQueryHandler(queries, parts.store.event_log))
