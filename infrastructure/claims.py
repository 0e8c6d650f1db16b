"""Makes claims of what a store holds, whatever release wrote it."""

from collections.abc import Callable

import msgspec
import structlog

from application.dispatch.outbox import Claim, PendingEvent

log = structlog.get_logger(__name__)


def readable_claim(
    kind: str, aggregate_id: str, token: str, expires: float, read: Callable[[], list[PendingEvent]]
) -> Claim | None:
    """The claim, or None where this release cannot read the events: they stay where they are, for one that can.

    The lease stays taken until it expires, so that nobody tries in a loop, and no other document waits for this one.
    """
    try:
        return Claim(kind, aggregate_id, token, expires, read())
    except (KeyError, msgspec.ValidationError) as failure:
        log.error(
            "pending_events_unreadable",
            kind=kind,
            aggregate=aggregate_id,
            error=repr(failure),
            resolution="run the release that wrote them, or a later one",
        )
        return None
