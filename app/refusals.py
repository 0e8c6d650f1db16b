"""What the edge itself refuses, before the application has a say. `errors` turns each into its HTTP answer."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import DomainError


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a request: where (JSON pointer, header or query parameter), and what."""

    parameter: str | None
    detail: str


class MalformedJson(DomainError):
    """The body is no JSON text."""

    code = "malformed_json"


class InvalidRequest(DomainError):
    """The request is well-formed, but some of its values are not acceptable; `faults` lists every one."""

    code = "invalid_request"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(_summary(faults), parameter=faults[0].parameter)
        self.faults = tuple(faults)


class MalformedPrecondition(DomainError):
    """The `If-Match` header holds no ETag of this service."""

    code = "malformed_precondition"


class UnsupportedMediaType(DomainError):
    """The body is not labelled as JSON."""

    code = "unsupported_media_type"


class BodyTooLarge(DomainError):
    """The body is longer than the service reads."""

    code = "body_too_large"


class Unauthorized(DomainError):
    """Nothing valid says who is asking."""

    code = "unauthorized"


class Forbidden(DomainError):
    """Whoever asks is known, but may not do this."""

    code = "forbidden"


class MethodNotAllowed(DomainError):
    """The path exists, the method does not; `allowed` lists those that do."""

    code = "method_not_allowed"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"This path takes {', '.join(allowed)}.")
        self.allowed = tuple(allowed)


class TooManyRequests(DomainError):
    """As many requests are in flight as the service takes at once. `retry_after` is in seconds."""

    code = "too_many_requests"
    retry_after = 1


class TooManyStreams(DomainError):
    """As many event streams are open as the service keeps. `retry_after` is in seconds."""

    code = "too_many_streams"
    retry_after = 10


def _summary(faults: Sequence[Fault]) -> str:
    first = faults[0]
    where = f"{first.parameter}: " if first.parameter else ""
    more = f" ({len(faults) - 1} more: see errors)" if len(faults) > 1 else ""
    return f"{where}{first.detail}{more}"
