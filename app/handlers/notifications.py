"""What customers were told."""

from app.parts import Parts
from application.mediator import Mediator
from application.queries.notifications import (
    GetOrderNotificationsQuery,
    GetOrderNotificationsQueryHandler,
    ListNotificationsQuery,
    ListNotificationsQueryHandler,
)


def register(mediator: Mediator, parts: Parts) -> None:
    store = parts.store
    mediator.register(
        GetOrderNotificationsQuery, GetOrderNotificationsQueryHandler(store.order_queries, store.notifications)
    )
    mediator.register(ListNotificationsQuery, ListNotificationsQueryHandler(store.notifications))
