"""The audit trail."""

from app.parts import Parts
from application.mediator import Mediator
from application.queries.audit import ReadAuditTrailQuery, ReadAuditTrailQueryHandler


def register(mediator: Mediator, parts: Parts) -> None:
    mediator.register(ReadAuditTrailQuery, ReadAuditTrailQueryHandler(parts.store.event_log))
