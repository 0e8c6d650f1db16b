"""The only table from error code to HTTP status, and the problem details (RFC 9457) that errors become."""

from typing import Any, NamedTuple

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from app.refusals import InvalidRequest, MethodNotAllowed
from app.request_id import current_request_id
from app.responses import JsonResponse, RawHeaders
from domain.errors import DomainError, IllegalMove, NotFound

LONGEST_DETAIL = 500
CHALLENGE = (b"www-authenticate", b'ApiKey realm="pizzeria"')


class ProblemType(NamedTuple):
    status: int
    title: str


INTERNAL = "internal_error"
PROBLEM_TYPES: dict[str, ProblemType] = {
    "malformed_json": ProblemType(400, "The body is not JSON"),
    "malformed_precondition": ProblemType(400, "If-Match cannot be read"),
    "malformed_cloud_event": ProblemType(400, "This is no CloudEvent"),
    "refused": ProblemType(400, "The request was refused"),
    "unauthorized": ProblemType(401, "Credentials are missing or wrong"),
    "forbidden": ProblemType(403, "These credentials do not allow it"),
    "not_found": ProblemType(404, "There is nothing here"),
    "method_not_allowed": ProblemType(405, "This path does not take this method"),
    "illegal_move": ProblemType(409, "The order's status does not allow this"),
    "too_late_to_cancel": ProblemType(409, "Too late to cancel"),
    "not_available": ProblemType(409, "It cannot be ordered for now"),
    "sold_out": ProblemType(409, "It has run out"),
    "negative_stock": ProblemType(409, "There is not that much"),
    "kitchen_full": ProblemType(409, "The kitchen is full"),
    "not_a_delivery": ProblemType(409, "The customer fetches this order"),
    "already_assigned": ProblemType(409, "Another driver delivers this order"),
    "driver_on_tour": ProblemType(409, "The driver is on a tour"),
    "driver_inactive": ProblemType(409, "The driver is off duty"),
    "orders_under_way": ProblemType(409, "This customer has orders under way"),
    "not_enough_points": ProblemType(409, "There are not so many points"),
    "points_not_yours": ProblemType(409, "Nothing shows that these points are yours"),
    "version_conflict": ProblemType(409, "Somebody else was faster"),
    "duplicate_id": ProblemType(409, "This id is taken"),
    "duplicate_request": ProblemType(409, "This request came before"),
    "order_cancelled": ProblemType(409, "The order is cancelled"),
    "too_many_payments": ProblemType(409, "The order has as many payments as it may"),
    "stale_version": ProblemType(412, "The version is stale"),
    "body_too_large": ProblemType(413, "The body is too large"),
    "unsupported_media_type": ProblemType(415, "Only JSON is read here"),
    "invalid_request": ProblemType(422, "The request has unacceptable values"),
    "invalid_order": ProblemType(422, "The order breaks a rule"),
    "unknown_pizza": ProblemType(422, "The menu has no such pizza"),
    "unknown_size": ProblemType(422, "The pizza does not come in this size"),
    "unknown_topping": ProblemType(422, "The menu has no such topping"),
    "unknown_driver": ProblemType(422, "There is no such driver"),
    "unknown_order": ProblemType(422, "There is no such order"),
    "invalid_tour": ProblemType(422, "This is no possible tour"),
    "unknown_ingredient": ProblemType(422, "The stock room has no such ingredient"),
    "invalid_menu": ProblemType(422, "The menu contradicts itself"),
    "invalid_range": ProblemType(422, "The range of time makes no sense"),
    "idempotency_key_reused": ProblemType(422, "The idempotency key belongs to another request"),
    "batch_too_large": ProblemType(422, "The batch has too many events"),
    "unknown_event_type": ProblemType(422, "Nobody here knows this type of event"),
    "payment_id_reused": ProblemType(422, "The payment id belongs to another payment"),
    "invalid_payment": ProblemType(422, "The payment is not acceptable"),
    "wrong_currency": ProblemType(422, "The order is paid in another currency"),
    INTERNAL: ProblemType(500, "Something went wrong here"),
    "store_unavailable": ProblemType(503, "The store does not answer"),
    "figures_behind": ProblemType(503, "The figures are being brought up to date"),
    "backlog_full": ProblemType(503, "Too much of this order waits to be handled"),
    "too_many_requests": ProblemType(503, "Too many requests at once"),
    "too_many_streams": ProblemType(503, "Too many event streams at once"),
}
RETRY_AFTER = 1


class ProblemResponse(JsonResponse):
    media_type = "application/problem+json"


def problem_type_uri(code: str) -> str:
    """Names the kind of problem, for ever (RFC 9457, section 3.1.1)."""
    return f"urn:mariopizzeria:problem:{code}"


def problem_body(code: str, detail: str, **extensions: Any) -> dict[str, Any]:
    """The members of a problem; extensions that are None or empty are left out."""
    kind = PROBLEM_TYPES[code]
    body = {
        "type": problem_type_uri(code),
        "title": kind.title,
        "status": kind.status,
        "detail": detail[:LONGEST_DETAIL],
        "code": code,
    }
    return body | {name: value for name, value in extensions.items() if value is not None}


def problem_response(code: str, detail: str, headers: RawHeaders = (), **extensions: Any) -> Response:
    body = problem_body(code, detail, **extensions, requestId=current_request_id())
    return ProblemResponse(msgspec.json.encode(body), PROBLEM_TYPES[code].status, headers)


def refusal_response(refusal: DomainError) -> Response:
    """What a refusal looks like over HTTP. One with an unknown code is a fault of ours, and tells nothing."""
    code = refusal.code
    if code not in PROBLEM_TYPES:
        return internal_error_response()
    return problem_response(code, str(refusal), _headers(refusal), parameter=refusal.parameter, **_extensions(refusal))


def internal_error_response() -> Response:
    return problem_response(INTERNAL, "This is our fault. Try again; if it stays, tell us the requestId.")


def _headers(refusal: DomainError) -> RawHeaders:
    status = PROBLEM_TYPES[refusal.code].status
    if status == 503:
        yield b"retry-after", b"%d" % max(1, int(getattr(refusal, "retry_after", RETRY_AFTER)))
    elif status == 401:
        yield CHALLENGE
    elif isinstance(refusal, MethodNotAllowed):
        yield b"allow", ", ".join(refusal.allowed).encode()


def _extensions(refusal: DomainError) -> dict[str, Any]:
    if isinstance(refusal, IllegalMove):
        return {"openMoves": refusal.open_moves}
    if isinstance(refusal, InvalidRequest):
        return {"errors": [{"parameter": fault.parameter, "detail": fault.detail} for fault in refusal.faults]}
    return {}


async def handle_refusal(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, DomainError)  # noqa: S101 (registered for this class alone)
    return refusal_response(refusal)


async def handle_http_exception(request: Request, failure: Exception) -> Response:
    """What the router itself answers: no such path, or not this method."""
    status = getattr(failure, "status_code", 500)
    if status == 404:
        return refusal_response(NotFound(f"There is no {request.url.path}. /docs lists what there is."))
    if status == 405:
        return refusal_response(MethodNotAllowed(_methods_at(request)))
    return internal_error_response()


def _methods_at(request: Request) -> list[str]:
    """What the path takes. A path of its own (`/api/orders/quote`) is not also one with a part to fill in."""
    found = [route for route in request.app.routes if route.matches(request.scope)[0] is not Match.NONE]
    own = [route for route in found if getattr(route, "path", None) == request.url.path]
    return sorted({method for route in own or found for method in getattr(route, "methods", None) or ()})


EXCEPTION_HANDLERS: dict[int | type[Exception], Any] = {
    DomainError: handle_refusal,
    HTTPException: handle_http_exception,
}
