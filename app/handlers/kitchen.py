"""The kitchen: its load and its tickets."""

from app.parts import Parts
from application.mediator import Mediator
from application.queries.kitchen import (
    GetKitchenQuery,
    GetKitchenQueryHandler,
    ListTicketsQuery,
    ListTicketsQueryHandler,
)


def register(mediator: Mediator, parts: Parts) -> None:
    mediator.register(GetKitchenQuery, GetKitchenQueryHandler(parts.kitchen_load))
    mediator.register(ListTicketsQuery, ListTicketsQueryHandler(parts.store.ticket_board))
