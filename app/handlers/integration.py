"""What others report, and what is known by it."""

from app.parts import Parts
from application.commands.take_events import TakeEventsCommand, TakeEventsCommandHandler
from application.mediator import Mediator
from application.queries.driver_positions import ListDriverPositionsQuery, ListDriverPositionsQueryHandler


def register(mediator: Mediator, parts: Parts) -> None:
    mediator.register(TakeEventsCommand, TakeEventsCommandHandler(parts.store.inbox))
    mediator.register(ListDriverPositionsQuery, ListDriverPositionsQueryHandler(parts.store.driver_positions))
