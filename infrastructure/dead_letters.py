"""Parked deliveries, as any store finds them in the documents that hold them."""

from collections.abc import Sequence

from application.dispatch.outbox import DeadLetter, DeadLetterId, PendingEvent


def dead_letters_of(
    kind: str, aggregate_id: str, pending: Sequence[PendingEvent], after: DeadLetterId | None = None
) -> list[DeadLetter]:
    """What is parked in one document, by version and handler, without what a page that ended with `after` has shown."""
    shown = (after.version, after.handler) if after and after.aggregate_id == aggregate_id else (0, "")
    return [
        DeadLetter(
            id=str(DeadLetterId(kind, aggregate_id, waiting.event.aggregate_version, handler)),
            handler=handler,
            event=waiting.event,
            attempts=delivery.attempts,
            parked_at=delivery.parked_at,
            error=delivery.error or "",
            held_back=sum(1 for later in pending[index + 1 :] if later.todo is None or handler in later.todo),
        )
        for index, waiting in enumerate(pending)
        for handler, delivery in sorted((waiting.todo or {}).items())
        if delivery.parked_at and (waiting.event.aggregate_version, handler) > shown
    ]
