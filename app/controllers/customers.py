"""Customers: who they are, what they ordered, their points, and their right to be forgotten."""

from typing import Annotated

from fastapi import APIRouter, Query, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only, the_staff_member
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.customers import (
    CustomerExportResponse,
    CustomerOrdersQuery,
    CustomerProfileRequest,
    CustomerProfileResponse,
    CustomersQuery,
    CustomersResponse,
    PointsQuery,
    PointsResponse,
    export_json,
)
from app.models.order_responses import OrderPageResponse, order_page_json
from app.openapi import VERSION_HEADER, problems, with_headers
from app.preconditions import IfMatch, etag, expected_version
from app.responses import JsonResponse, model_response, no_content
from application.commands.change_customer import EraseCustomerCommand
from application.queries.customers import (
    CustomerView,
    ExportCustomerQuery,
    FindCustomerQuery,
    GetCustomerQuery,
    GetPointsQuery,
    ListCustomerOrdersQuery,
)
from application.queries.orders import OrderPage

CONDITIONS = problems("not_found", "malformed_precondition", "stale_version", "version_conflict", "backlog_full")

router = APIRouter(
    prefix="/api/customers", tags=["customers"], route_class=LeanRoute, dependencies=[Security(staff_only)]
)


@router.get("", operation_id="findCustomer", summary="Find a customer by phone number")
async def find_customer(request: Request, query: Annotated[CustomersQuery, Query()]) -> CustomersResponse:
    """A customer is there a moment after the first order."""
    found = await execute(request, FindCustomerQuery(query.phone))
    return CustomersResponse(items=[CustomerProfileResponse.of(found)] if found else [])


@router.get(
    "/{customer_id}",
    operation_id="getCustomer",
    summary="Read a customer's profile",
    response_model=CustomerProfileResponse,
    responses=with_headers(VERSION_HEADER) | problems("not_found"),
)
async def get_customer(request: Request, customer_id: str) -> Response:
    """As the newest order has it, or the staff who put it right since."""
    return _answer(await execute(request, GetCustomerQuery(customer_id)))


@router.put(
    "/{customer_id}",
    operation_id="editCustomer",
    summary="Put a customer's profile right",
    response_model=CustomerProfileResponse,
    responses=with_headers(VERSION_HEADER) | CONDITIONS,
)
async def edit_customer(
    request: Request, customer_id: str, profile: CustomerProfileRequest, if_match: IfMatch = None
) -> Response:
    """What is left out is emptied, or back at its default."""
    user_id = the_staff_member(request).id
    return _answer(await execute(request, profile.to_command(customer_id, expected_version(if_match), user_id)))


@router.delete(
    "/{customer_id}",
    operation_id="eraseCustomer",
    summary="Erase a person",
    status_code=204,
    responses=CONDITIONS | problems("orders_under_way", "version_conflict"),
)
async def erase_customer(request: Request, customer_id: str, if_match: IfMatch = None) -> Response:
    """The profile is empty at once. Orders, their events and tickets forget the person within seconds; their ids,
    amounts and points stay. Refused while an order is under way. Doing it again changes nothing."""
    command = EraseCustomerCommand(
        customer_id=customer_id, user_id=the_staff_member(request).id, expected_version=expected_version(if_match)
    )
    await execute(request, command)
    return no_content()


@router.get(
    "/{customer_id}/orders",
    operation_id="listCustomerOrders",
    summary="Read a customer's order history",
    response_model=OrderPageResponse,
    responses=problems("not_found"),
)
async def list_customer_orders(
    request: Request, customer_id: str, query: Annotated[CustomerOrdersQuery, Query()]
) -> Response:
    """The newest first, a page at a time."""
    wanted = ListCustomerOrdersQuery(customer_id=customer_id, limit=query.limit, cursor=query.cursor)
    page: OrderPage = await execute(request, wanted)
    return JsonResponse(order_page_json(page.orders, page.next_cursor))


@router.get(
    "/{customer_id}/points",
    operation_id="getCustomerPoints",
    summary="Read a customer's loyalty points",
    responses=problems("not_found"),
)
async def get_customer_points(
    request: Request, customer_id: str, query: Annotated[PointsQuery, Query()]
) -> PointsResponse:
    """A point is earned for each whole unit of the currency when an order is confirmed."""
    wanted = GetPointsQuery(customer_id=customer_id, limit=query.limit, cursor=query.cursor)
    return PointsResponse.of(await execute(request, wanted))


@router.get(
    "/{customer_id}/export",
    operation_id="exportCustomer",
    summary="Export all that is kept of a person",
    response_model=CustomerExportResponse,
    responses=problems("not_found"),
)
async def export_customer(request: Request, customer_id: str) -> Response:
    """One document: the profile, the orders, every event of theirs, the points."""
    return JsonResponse(export_json(await execute(request, ExportCustomerQuery(customer_id))))


def _answer(customer: CustomerView) -> Response:
    return model_response(CustomerProfileResponse.of(customer), headers=(etag(customer.version),))
