"""What an HTTP answer, or its absence, means for an event: done, try again, wait, or never."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from application.dispatch.retry import Rejected, TimedOut, Unavailable

#: Seconds that the other side has for its whole answer.
REQUEST_TIMEOUT = 10.0

#: Not the event's fault: the other side, or the gateway before it, takes nothing from anybody just now.
_WAIT = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_NEVER = frozenset({HTTPStatus.GONE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE})


class SinkRefused(Exception):
    """The other side answered, and not with yes. It counts as an attempt of the event."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def check_answer(who: str, status: int, retry_after: str | None) -> None:
    """Return for a 2xx. Raises `Unavailable` (429, 502 to 504), `Rejected` (410, 415), `SinkRefused` for all else."""
    if 200 <= status < 300:
        return
    answer = f"{who} answered {status}"
    if status in _WAIT:
        raise Unavailable(answer, seconds_to_wait(retry_after), status)
    if status in _NEVER:
        raise Rejected(answer, status)
    if 300 <= status < 400:
        raise SinkRefused(status, f"{answer}: redirects are not followed, configure the address that it points to")
    raise SinkRefused(status, answer)


def no_answer(who: str, failure: BaseException) -> Unavailable:
    """A refused connection, a timeout, half a reply: nobody knows whether the event arrived, so it goes again."""
    if isinstance(failure, TimeoutError):
        return TimedOut(f"{who} did not answer in time")
    return Unavailable(f"{who} did not answer: {failure or type(failure).__name__}")


def outcome_of(failure: BaseException | None) -> str:
    """Name an outcome for the metrics."""
    match failure:
        case None:
            return "ok"
        case Unavailable():
            return "unavailable"
        case Rejected():
            return "rejected"
        case SinkRefused():
            return "refused"
        case _:
            return "error"


def seconds_to_wait(retry_after: str | None) -> float | None:
    """Read Retry-After, seconds or an HTTP date; None where it says nothing that can be understood."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
