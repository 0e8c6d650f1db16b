"""Which handler takes which command or query: one module per concern."""

from app.handlers import (
    analytics,
    audit,
    customers,
    drivers,
    integration,
    inventory,
    kitchen,
    menu,
    notifications,
    operations,
    orders,
)
from app.parts import Parts
from application.dispatch.dispatcher import Dispatcher


def register_handlers(parts: Parts, dispatcher: Dispatcher) -> None:
    """Tell the mediator of every handler."""
    for concern in (orders, menu, inventory, kitchen, drivers, customers, notifications, integration, audit, analytics):
        concern.register(parts.mediator, parts)
    operations.register(parts.mediator, parts, dispatcher)
