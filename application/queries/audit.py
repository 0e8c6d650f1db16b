"""Reading the audit trail of every aggregate: who did what, when."""

from dataclasses import dataclass

from application.mediator import Query
from application.ports import EventLog, LoggedEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAuditTrailQuery(Query[list[LoggedEvent]]):
    """The newest first, those behind position `before` (None: all); of one aggregate where it is named."""

    limit: int
    before: int | None = None
    aggregate_id: str | None = None


class ReadAuditTrailQueryHandler:
    def __init__(self, log: EventLog) -> None:
        self._log = log

    async def handle(self, query: ReadAuditTrailQuery) -> list[LoggedEvent]:
        """Raises `StoreUnavailable`."""
        return await self._log.latest(query.limit, before=query.before, aggregate_id=query.aggregate_id)
