"""What surrounds every request: its id, limits, headers, metrics, and the last word on what nobody expected."""

import time
from typing import Protocol

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import internal_error_response, refusal_response
from app.refusals import BodyTooLarge, TooManyRequests
from app.request_id import take_request_id
from domain.actor import GUEST, act_as
from domain.errors import DomainError

#: These answer however busy the service is, and streams have a limit of their own.
ALWAYS_ANSWERED = ("/health/", "/metrics")
STREAMS = "/stream"
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
)
API_HEADERS = (*SECURITY_HEADERS, (b"cache-control", b"no-cache"))
UNKNOWN_ROUTE = "unknown"

log = structlog.get_logger(__name__)


class RequestMetrics(Protocol):
    def request(self, method: str, route: str, status: int, seconds: float) -> None: ...


class Edge:
    """Pure ASGI, and on the path of every request: one object per process, one closure per request."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, max_body_bytes: int, max_requests: int) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes
        self._max_requests = max_requests
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        length, chunked, offered_id = _read_headers(scope)
        request_id = take_request_id(offered_id).encode()
        act_as(GUEST)
        fixed = API_HEADERS if scope["path"].startswith("/api/") else SECURITY_HEADERS
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *fixed, (b"x-request-id", request_id)]
                self._metrics.request(scope["method"], _route(scope), status, time.perf_counter() - started)
            await send(message)

        counted = _counts_as_in_flight(scope["path"])
        self._in_flight += counted
        try:
            if counted and self._in_flight > self._max_requests:
                raise TooManyRequests("The service is busy. Try again shortly.")
            if length > self._max_body_bytes:
                raise self._too_large()
            await self._app(scope, self._limited(receive) if chunked else receive, answer)
        except ClientDisconnect:
            log.debug("client_left", path=scope["path"])
        except DomainError as refusal:
            # The connection stays: the server drops what is left of the body, and the client gets to read this.
            await refusal_response(refusal)(scope, receive, answer)
        except Exception:  # the server's edge: the client learns nothing of the inside, the log everything
            log.exception("request_failed", method=scope["method"], path=scope["path"])
            if status:
                raise
            await internal_error_response()(scope, receive, answer)
        finally:
            self._in_flight -= counted

    def _limited(self, receive: Receive) -> Receive:
        """A body that does not tell its length is counted as it comes."""
        read = 0

        async def receive_counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._max_body_bytes:
                raise self._too_large()
            return message

        return receive_counted

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"The body may have {self._max_body_bytes} bytes at most.")


def _read_headers(scope: Scope) -> tuple[int, bool, bytes | None]:
    """The body's announced length (0: none), whether it comes in chunks, and the request id that was offered."""
    length, chunked, offered_id = 0, False, None
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = int(value) if value.isdigit() else 0
        elif name == b"transfer-encoding":
            chunked = True
        elif name == b"x-request-id":
            offered_id = value
    return length, chunked, offered_id


def _counts_as_in_flight(path: str) -> bool:
    return not (path.endswith(STREAMS) or path.startswith(ALWAYS_ANSWERED))


def _route(scope: Scope) -> str:
    """The template, not the path: an id in a label would make a time series per order."""
    route: str = getattr(scope.get("route"), "path", UNKNOWN_ROUTE)
    return route
