"""What an operator can do about a dead letter: try again, or give it up."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from application.dispatch.active import ActiveClaim
from application.dispatch.dispatcher import Dispatcher
from application.dispatch.outbox import Claim, DeadLetterId, Delivery, Outbox, Outcome
from application.mediator import Command
from domain.errors import NotFound, VersionConflict

ATTEMPTS = 20
PAUSE = 0.1


@dataclass(frozen=True, slots=True)
class RedriveDeadLetterCommand(Command[None]):
    """Try a parked delivery again, with all its attempts; what waits behind it follows in order."""

    dead_letter_id: str


@dataclass(frozen=True, slots=True)
class DiscardDeadLetterCommand(Command[None]):
    """Give a parked delivery up: this handler never gets this event. What waits behind it follows."""

    dead_letter_id: str


class DeliveryRepairer:
    def __init__(self, outboxes: Mapping[str, Outbox], dispatcher: Dispatcher) -> None:
        self._outboxes = outboxes
        self._dispatcher = dispatcher

    async def repair(self, text: str, mend: Callable[[dict[str, Delivery], str], None]) -> None:
        """Claim the document, let `mend` change what is parked, write it and release it for the relay.

        Raises `NotFound` where no such delivery is parked, `VersionConflict` where others keep the document busy.
        """
        letter = DeadLetterId.parse(text)
        outbox = self._outboxes.get(letter.kind) if letter else None
        if letter is None or outbox is None:
            raise _no_such_letter(text)
        for _ in range(ATTEMPTS):
            claim = await outbox.take_for_repair(letter.aggregate_id)
            if claim:
                return await self._mend(outbox, claim, letter, mend)
            await asyncio.sleep(PAUSE)
        if not any(str(found.id) == text for found in await outbox.dead_letters(limit=1_000)):
            raise _no_such_letter(text)
        raise VersionConflict("This order's events are being delivered right now. Try again.")

    async def _mend(
        self, outbox: Outbox, claim: Claim, letter: DeadLetterId, mend: Callable[[dict[str, Delivery], str], None]
    ) -> None:
        todo = next((p.todo for p in claim.pending if p.event.aggregate_version == letter.version), None) or {}
        delivery = todo.get(letter.handler)
        found = delivery is not None and delivery.parked_at is not None
        if found:
            mend(todo, letter.handler)
        active = ActiveClaim(claim)
        outcome = Outcome.GREW
        while outcome is Outcome.GREW:
            active.take_in(self._dispatcher.handlers_of)
            settlement = active.settlement(self._dispatcher.is_ordered)
            (outcome,) = await outbox.settle([settlement])
        self._dispatcher.wake_relay.set()
        if not found:
            raise _no_such_letter(str(letter))


class RedriveDeadLetterCommandHandler:
    def __init__(self, repairer: DeliveryRepairer) -> None:
        self._repairer = repairer

    async def handle(self, command: RedriveDeadLetterCommand) -> None:
        def again(todo: dict[str, Delivery], handler: str) -> None:
            todo[handler] = Delivery()

        await self._repairer.repair(command.dead_letter_id, again)


class DiscardDeadLetterCommandHandler:
    def __init__(self, repairer: DeliveryRepairer) -> None:
        self._repairer = repairer

    async def handle(self, command: DiscardDeadLetterCommand) -> None:
        def give_up(todo: dict[str, Delivery], handler: str) -> None:
            del todo[handler]

        await self._repairer.repair(command.dead_letter_id, give_up)


def _no_such_letter(text: str) -> NotFound:
    return NotFound(f"No delivery is parked under '{text}'. GET /api/dead-letters lists them.")
