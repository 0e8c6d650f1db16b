"""What could not be delivered, and its repair."""

from app.parts import Parts
from application.commands.repair_delivery import (
    DeliveryRepairer,
    DiscardDeadLetterCommand,
    DiscardDeadLetterCommandHandler,
    RedriveDeadLetterCommand,
    RedriveDeadLetterCommandHandler,
)
from application.dispatch.dispatcher import Dispatcher
from application.mediator import Mediator
from application.queries.dead_letters import ListDeadLettersQuery, ListDeadLettersQueryHandler


def register(mediator: Mediator, parts: Parts, dispatcher: Dispatcher) -> None:
    repairer = DeliveryRepairer(parts.store.outboxes, dispatcher)
    mediator.register(RedriveDeadLetterCommand, RedriveDeadLetterCommandHandler(repairer))
    mediator.register(DiscardDeadLetterCommand, DiscardDeadLetterCommandHandler(repairer))
    mediator.register(ListDeadLettersQuery, ListDeadLettersQueryHandler(parts.store.outboxes))
