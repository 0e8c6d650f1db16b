"""The audit trail: every event of every aggregate, once, for ever."""

from collections.abc import Sequence

from application.dispatch.handler import BatchEventHandler
from application.ports import EventLog
from domain.events import DomainEvent


class AuditTrailHandler(BatchEventHandler[DomainEvent]):
    """The log takes each event id once, so a repeat changes nothing."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def handle_batch(self, events: Sequence[DomainEvent]) -> None:
        await self._log.append(events)
