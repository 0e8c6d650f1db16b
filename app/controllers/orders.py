"""Orders: place, read, and move them along."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import own_order_or_staff, staff_member, staff_only, the_staff_member
from app.controllers import execute, service_of
from app.lean_route import LeanRoute
from app.models.events import OrderEventsResponse, order_events_json
from app.models.order_requests import CancelOrderRequest, DispatchOrderRequest, OrdersQuery, PlaceOrderRequest
from app.models.order_responses import (
    OrderPageResponse,
    OrderResponse,
    PlacedOrderResponse,
    order_json,
    order_page_json,
)
from app.openapi import PLACED_HEADERS, VERSION_HEADER, Responses, problems, with_headers
from app.points_proof import check_points_are_theirs
from app.preconditions import KEY_PATTERN, IfMatch, check_key, etag, expected_version, is_known
from app.responses import JsonResponse
from application.commands.cancel_order import CancelOrderCommand
from application.commands.change_order import ChangeOrder
from application.commands.confirm_order import ConfirmOrderCommand
from application.commands.cook_order import MarkOrderReadyCommand, StartCookingCommand
from application.commands.hand_over_order import CollectOrderCommand, DispatchOrderCommand, MarkOrderDeliveredCommand
from application.mediator import Query as ReadQuery
from application.ports import OrderView
from application.queries.orders import GetOrderEventsQuery, GetOrderQuery, ListOrdersQuery, OrderPage

IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="An ETag that you have: 304 where it is still current.")
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 200 visible ASCII characters. A repeat under the same key returns the first order.",
        json_schema_extra={"pattern": KEY_PATTERN},
    ),
]
STAFF = [Security(staff_only)]
OWNER = [Security(own_order_or_staff)]
MOVED: Responses = with_headers(VERSION_HEADER) | problems(
    "not_found", "illegal_move", "version_conflict", "malformed_precondition", "stale_version", "backlog_full"
)
NOT_MODIFIED: Responses = {304: {"description": "You have the current version.", "headers": VERSION_HEADER}}

router = APIRouter(prefix="/api/orders", tags=["orders"], route_class=LeanRoute)


@router.post(
    "",
    operation_id="placeOrder",
    summary="Place an order",
    response_model=PlacedOrderResponse,
    status_code=201,
    responses=with_headers(PLACED_HEADERS, 201)
    | problems(
        "invalid_request",
        "invalid_order",
        "unknown_pizza",
        "unknown_size",
        "unknown_topping",
        "not_available",
        "sold_out",
        "idempotency_key_reused",
        "duplicate_id",
        "not_enough_points",
        "points_not_yours",
        "version_conflict",
        "backlog_full",
    ),
)
async def place_order(request: Request, order: PlaceOrderRequest, idempotency_key: IdempotencyKey = None) -> Response:
    """Anybody may. The `token` in the answer lets its holder read and cancel this order; it is shown only here. With
    `redeemPoints`, show an API key, or the token of an earlier order that was received (X-Order-Token)."""
    if idempotency_key is not None:
        check_key(idempotency_key)
    if order.redeem_points:
        await check_points_are_theirs(request, order.customer.phone)
    placed: OrderView = await execute(request, order.to_command(idempotency_key))
    token = service_of(request).order_tokens.issue(placed.id)
    location = (b"location", b"/api/orders/" + placed.id.encode())
    return JsonResponse(order_json(placed, token=token), 201, (location, etag(placed.version)))


@router.get(
    "/{order_id}",
    operation_id="getOrder",
    summary="Read an order",
    response_model=OrderResponse,
    dependencies=OWNER,
    responses=with_headers(VERSION_HEADER) | NOT_MODIFIED | problems("not_found"),
)
async def get_order(request: Request, order_id: str, if_none_match: IfNoneMatch = None) -> Response:
    """For the staff, and for whoever placed it."""
    order: OrderView = await execute(request, GetOrderQuery(order_id))
    if is_known(if_none_match, order.version):
        return Response(status_code=304, headers={"etag": f'"{order.version}"'})
    return _answer(order)


@router.get(
    "",
    operation_id="listOrders",
    summary="Find orders",
    response_model=OrderPageResponse,
    dependencies=STAFF,
)
async def list_orders(request: Request, query: Annotated[OrdersQuery, Query()]) -> Response:
    """The newest first, a page at a time."""
    wanted: ReadQuery[OrderPage] = ListOrdersQuery(where=query.to_filter(), limit=query.limit, cursor=query.cursor)
    page: OrderPage = await execute(request, wanted)
    return JsonResponse(order_page_json(page.orders, page.next_cursor))


@router.get(
    "/{order_id}/events",
    operation_id="listOrderEvents",
    summary="Read an order's audit trail",
    response_model=OrderEventsResponse,
    dependencies=OWNER,
    responses=problems("not_found"),
)
async def list_order_events(request: Request, order_id: str) -> Response:
    """Everything that happened to it, in order. An event appears a moment after the call that caused it."""
    return JsonResponse(order_events_json(await execute(request, GetOrderEventsQuery(order_id))))


@router.post(
    "/{order_id}/confirm",
    operation_id="confirmOrder",
    summary="Confirm a pending order",
    response_model=OrderResponse,
    dependencies=STAFF,
    responses=MOVED,
)
async def confirm_order(request: Request, order_id: str, if_match: IfMatch = None) -> Response:
    """The kitchen takes it on, and says when it will be ready."""
    return await _move(request, ConfirmOrderCommand(order_id=order_id, expected_version=expected_version(if_match)))


@router.post(
    "/{order_id}/cook",
    operation_id="cookOrder",
    summary="Start cooking a confirmed order",
    response_model=OrderResponse,
    dependencies=STAFF,
    responses=MOVED | problems("kitchen_full", "illegal_move", "version_conflict"),
)
async def cook_order(request: Request, order_id: str, if_match: IfMatch = None) -> Response:
    """Takes one of the kitchen's places."""
    command = StartCookingCommand(
        order_id=order_id, expected_version=expected_version(if_match), cook=the_staff_member(request)
    )
    return await _move(request, command)


@router.post(
    "/{order_id}/ready",
    operation_id="markOrderReady",
    summary="Mark a cooking order ready",
    response_model=OrderResponse,
    dependencies=STAFF,
    responses=MOVED,
)
async def mark_order_ready(request: Request, order_id: str, if_match: IfMatch = None) -> Response:
    """Frees its place in the kitchen."""
    command = MarkOrderReadyCommand(
        order_id=order_id, expected_version=expected_version(if_match), cook=the_staff_member(request)
    )
    return await _move(request, command)


@router.post(
    "/{order_id}/dispatch",
    operation_id="dispatchOrder",
    summary="Send a ready delivery out",
    response_model=OrderResponse,
    dependencies=STAFF,
    responses=MOVED,
)
async def dispatch_order(
    request: Request, order_id: str, parcel: DispatchOrderRequest | None = None, if_match: IfMatch = None
) -> Response:
    """The body may be left out."""
    command = DispatchOrderCommand(
        order_id=order_id,
        expected_version=expected_version(if_match),
        tracking_number=parcel.tracking_number if parcel else None,
        carrier=parcel.carrier if parcel else None,
    )
    return await _move(request, command)


@router.post(
    "/{order_id}/deliver",
    operation_id="deliverOrder",
    summary="Note that a delivery has arrived",
    response_model=OrderResponse,
    dependencies=STAFF,
    responses=MOVED,
)
async def deliver_order(request: Request, order_id: str, if_match: IfMatch = None) -> Response:
    """Ends the life of an order that was to be delivered."""
    command = MarkOrderDeliveredCommand(order_id=order_id, expected_version=expected_version(if_match))
    return await _move(request, command)


@router.post(
    "/{order_id}/collect",
    operation_id="collectOrder",
    summary="Note that a pickup has been collected",
    response_model=OrderResponse,
    dependencies=STAFF,
    responses=MOVED,
)
async def collect_order(request: Request, order_id: str, if_match: IfMatch = None) -> Response:
    """Ends the life of an order that was to be picked up."""
    return await _move(request, CollectOrderCommand(order_id=order_id, expected_version=expected_version(if_match)))


@router.post(
    "/{order_id}/cancel",
    operation_id="cancelOrder",
    summary="Cancel an order",
    response_model=OrderResponse,
    dependencies=OWNER,
    responses=MOVED | problems("too_late_to_cancel", "illegal_move", "version_conflict"),
)
async def cancel_order(
    request: Request, order_id: str, wish: CancelOrderRequest | None = None, if_match: IfMatch = None
) -> Response:
    """The staff may until it is handed over, the customer until cooking starts. The body may be left out."""
    by_customer = staff_member(request) is None
    command = CancelOrderCommand(
        order_id=order_id,
        expected_version=expected_version(if_match),
        reason=(wish and wish.reason) or ("Cancelled by the customer" if by_customer else "Cancelled by the staff"),
        by_customer=by_customer,
    )
    return await _move(request, command)


async def _move(request: Request, command: ChangeOrder) -> Response:
    return _answer(await execute(request, command))


def _answer(order: OrderView) -> Response:
    return JsonResponse(order_json(order), headers=(etag(order.version),))
