"""What becomes of a delivery that failed: it waits for its next try, or it is parked."""

import structlog

from application.clock import steady_now, utc_now
from application.dispatch.breaker import BreakerState
from application.dispatch.outbox import Delivery
from application.dispatch.retry import Rejected, RetryPolicy, TimedOut, Unavailable
from application.telemetry import Telemetry
from domain.events import DomainEvent

ERROR_LENGTH = 500

log = structlog.get_logger(__name__)


class Failures:
    """Tells an outage of the other side, which costs an event nothing, from a fault of the event itself."""

    def __init__(self, retry: RetryPolicy, telemetry: Telemetry) -> None:
        self._retry = retry
        self._telemetry = telemetry

    def judge(
        self, handler: str, event: DomainEvent, before: Delivery, failure: Exception, breaker: BreakerState
    ) -> Delivery:
        """The delivery as it is now; `breaker` is the handler's."""
        error = f"{type(failure).__name__}: {failure}"[:ERROR_LENGTH]
        if _is_outage(failure, breaker):
            self._telemetry.retried(handler, "unavailable")
            return Delivery(before.attempts, self._retry.due(steady_now(), 1), None, error)
        attempts = before.attempts + 1
        if isinstance(failure, Rejected) or attempts >= self._retry.max_attempts:
            self._telemetry.parked(handler)
            log.error(
                "dead_letter", handler=handler, event_id=event.event_id, aggregate=event.aggregate_id, error=error
            )
            return Delivery(attempts, None, utc_now(), error)
        self._telemetry.retried(handler, type(failure).__name__)
        log.warning("handler_failed", handler=handler, event_id=event.event_id, attempts=attempts, error=error)
        return Delivery(attempts, self._retry.due(steady_now(), attempts), None, error)


def _is_outage(failure: Exception, breaker: BreakerState) -> bool:
    """A timeout may be the event's own fault, as long as the other side answers others."""
    if isinstance(failure, TimedOut | TimeoutError):
        return breaker is not BreakerState.CLOSED
    return isinstance(failure, Unavailable)
