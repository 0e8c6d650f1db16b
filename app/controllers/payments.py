"""Payments: money that came in for an order, at the counter or at the terminal."""

from typing import Annotated

from fastapi import APIRouter, Header, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.order_responses import OrderResponse, order_json
from app.models.payments import OrderPaymentsResponse, ReceivePaymentRequest
from app.openapi import VERSION_HEADER, problems, with_headers
from app.preconditions import IfMatch, check_key, etag, expected_version
from app.responses import JsonResponse
from application.commands.receive_payment import ReceivePaymentCommand
from application.ports import OrderView
from application.queries.orders import GetOrderQuery
from domain.identity import new_event_id

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 200 visible ASCII characters. The payment's id, where the body gives none.",
        json_schema_extra={"pattern": "^[!-~]{1,200}$"},
    ),
]

router = APIRouter(prefix="/api/orders", tags=["orders"], route_class=LeanRoute, dependencies=[Security(staff_only)])


@router.post(
    "/{order_id}/payments",
    operation_id="receivePayment",
    summary="Note a payment",
    response_model=OrderResponse,
    responses=with_headers(VERSION_HEADER)
    | problems(
        "malformed_precondition",
        "not_found",
        "order_cancelled",
        "too_many_payments",
        "version_conflict",
        "stale_version",
        "invalid_request",
        "invalid_payment",
        "payment_id_reused",
        "wrong_currency",
        "backlog_full",
    ),
)
async def receive_payment(
    request: Request,
    order_id: str,
    payment: ReceivePaymentRequest,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """Answers the order, with what is paid and due. Without an id and without a key, each call is another payment."""
    if idempotency_key is not None:
        check_key(idempotency_key)
    command = ReceivePaymentCommand(
        order_id=order_id,
        expected_version=expected_version(if_match),
        payment_id=payment.payment_id or idempotency_key or new_event_id(),
        amount=payment.amount,
        currency=payment.currency,
        method=payment.method.value,
    )
    order: OrderView = await execute(request, command)
    return JsonResponse(order_json(order), headers=(etag(order.version),))


@router.get(
    "/{order_id}/payments",
    operation_id="listPayments",
    summary="See what was paid for an order",
    responses=problems("not_found"),
)
async def list_payments(request: Request, order_id: str) -> OrderPaymentsResponse:
    """The oldest first."""
    order: OrderView = await execute(request, GetOrderQuery(order_id))
    return OrderPaymentsResponse.of(order.state)
