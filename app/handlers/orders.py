"""Orders: from placing one to its last move, and reading them."""

from datetime import timedelta

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
from application.commands.receive_payment import ReceivePaymentCommand, ReceivePaymentCommandHandler
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
    place_order = PlaceOrderCommandHandler(
        parts.store.orders,
        queries=queries,
        menu=parts.menu,
        stock=parts.stock,
        loyalty=parts.loyalty_desk,
        telemetry=parts.order_telemetry,
    )
    mediator.register(PlaceOrderCommand, place_order)
    mediator.register(QuoteOrderQuery, QuoteOrderQueryHandler(parts.menu, parts.stock))
    mediator.register(ConfirmOrderCommand, ConfirmOrderCommandHandler(parts.orders, parts.kitchen_load))
    mediator.register(StartCookingCommand, StartCookingCommandHandler(parts.orders, parts.kitchen_desk))
    mediator.register(MarkOrderReadyCommand, MarkOrderReadyCommandHandler(parts.orders))
    mediator.register(DispatchOrderCommand, DispatchOrderCommandHandler(parts.orders))
    delivery_time = timedelta(minutes=parts.settings.delivery_minutes)
    mediator.register(MarkOrderDeliveredCommand, MarkOrderDeliveredCommandHandler(parts.orders, delivery_time))
    mediator.register(CollectOrderCommand, CollectOrderCommandHandler(parts.orders))
    mediator.register(CancelOrderCommand, CancelOrderCommandHandler(parts.orders))
    mediator.register(ReceivePaymentCommand, ReceivePaymentCommandHandler(parts.orders))
    mediator.register(GetOrderQuery, GetOrderQueryHandler(queries))
    mediator.register(ListOrdersQuery, ListOrdersQueryHandler(queries))
    mediator.register(GetOrderEventsQuery, GetOrderEventsQueryHandler(queries, parts.store.event_log))
