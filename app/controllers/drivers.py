"""Drivers: register them, give them orders, and send them out."""

from typing import Annotated

from fastapi import APIRouter, Query, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.drivers import (
    AssignDriverRequest,
    ChangeDriverRequest,
    DriverPageResponse,
    DriverResponse,
    DriversQuery,
    RegisterDriverRequest,
    StartTourRequest,
)
from app.models.order_responses import OrderResponse, order_json
from app.openapi import VERSION_HEADER, Responses, problems, with_headers
from app.preconditions import IfMatch, etag, expected_version
from app.responses import JsonResponse, RawHeaders, model_response
from application.commands.assign_driver import AssignDriverCommand, UnassignDriverCommand
from application.commands.change_order import ChangeOrder
from application.ports import OrderView
from application.ports.drivers import DriverView
from application.queries.drivers import GetDriverQuery

STAFF = [Security(staff_only)]
LOCATION_HEADER = {"Location": {"description": "Where the driver is.", "schema": {"type": "string"}}}
GUARDED = ("not_found", "malformed_precondition", "stale_version", "version_conflict", "backlog_full")
CHANGED: Responses = with_headers(VERSION_HEADER) | problems(*GUARDED, "driver_on_tour")
HANDED_ON: Responses = with_headers(VERSION_HEADER) | problems(*GUARDED, "illegal_move")
ASSIGNED: Responses = with_headers(VERSION_HEADER) | problems(
    *GUARDED, "illegal_move", "not_a_delivery", "already_assigned", "driver_inactive", "unknown_driver"
)
SENT: Responses = with_headers(VERSION_HEADER, 201) | problems(
    "not_found",
    "illegal_move",
    "not_a_delivery",
    "already_assigned",
    "driver_on_tour",
    "driver_inactive",
    "version_conflict",
    "unknown_order",
    "invalid_tour",
    "backlog_full",
)

router = APIRouter(prefix="/api", tags=["drivers"], route_class=LeanRoute, dependencies=STAFF)


@router.post(
    "/drivers",
    operation_id="registerDriver",
    summary="Register a driver",
    response_model=DriverResponse,
    status_code=201,
    responses=with_headers({**VERSION_HEADER, **LOCATION_HEADER}, 201) | problems("duplicate_id"),
)
async def register_driver(request: Request, driver: RegisterDriverRequest) -> Response:
    """On duty from now on."""
    registered: DriverView = await execute(request, driver.to_command())
    return _driver(registered, 201, (b"location", b"/api/drivers/" + registered.id.encode()))


@router.get(
    "/drivers",
    operation_id="listDrivers",
    summary="List the drivers",
    response_model=DriverPageResponse,
)
async def list_drivers(request: Request, query: Annotated[DriversQuery, Query()]) -> Response:
    """By id, a page at a time, each with the tour that he is on."""
    return model_response(DriverPageResponse.of(await execute(request, query.to_query())))


@router.get(
    "/drivers/{driver_id}",
    operation_id="getDriver",
    summary="Read a driver",
    response_model=DriverResponse,
    responses=with_headers(VERSION_HEADER) | problems("not_found"),
)
async def get_driver(request: Request, driver_id: str) -> Response:
    """His tour, and how far he is with it. A stop follows its order a moment later."""
    return _driver(await execute(request, GetDriverQuery(driver_id)))


@router.put(
    "/drivers/{driver_id}",
    operation_id="changeDriver",
    summary="Rename a driver, or take him off duty",
    response_model=DriverResponse,
    responses=CHANGED,
)
async def change_driver(
    request: Request, driver_id: str, driver: ChangeDriverRequest, if_match: IfMatch = None
) -> Response:
    """Who is off duty gets no orders and no tour; who is on a tour finishes it first."""
    return _driver(await execute(request, driver.to_command(driver_id, expected_version(if_match))))


@router.post(
    "/drivers/{driver_id}/tour",
    operation_id="startTour",
    summary="Send a driver out",
    response_model=DriverResponse,
    status_code=201,
    responses=SENT,
)
async def start_tour(request: Request, driver_id: str, tour: StartTourRequest) -> Response:
    """All of these orders or none. They are dispatched a moment later; the tour ends with the last one delivered."""
    return _driver(await execute(request, tour.to_command(driver_id)), 201)


@router.put(
    "/orders/{order_id}/driver",
    operation_id="assignDriver",
    summary="Give an order to a driver",
    response_model=OrderResponse,
    responses=ASSIGNED,
)
async def assign_driver(
    request: Request, order_id: str, wish: AssignDriverRequest, if_match: IfMatch = None
) -> Response:
    """A delivery, from when it is confirmed until it is on its way. Nobody else can take it on a tour then."""
    command = AssignDriverCommand(order_id=order_id, driver_id=wish.driver, expected_version=expected_version(if_match))
    return await _order(request, command)


@router.delete(
    "/orders/{order_id}/driver",
    operation_id="unassignDriver",
    summary="Take an order from its driver",
    response_model=OrderResponse,
    responses=HANDED_ON,
)
async def unassign_driver(request: Request, order_id: str, if_match: IfMatch = None) -> Response:
    """Until it is on its way. One that has no driver stays as it is."""
    return await _order(request, UnassignDriverCommand(order_id=order_id, expected_version=expected_version(if_match)))


async def _order(request: Request, command: ChangeOrder) -> Response:
    order: OrderView = await execute(request, command)
    return JsonResponse(order_json(order), headers=(etag(order.version),))


def _driver(view: DriverView, status_code: int = 200, *headers: tuple[bytes, bytes]) -> Response:
    sent: RawHeaders = (*headers, etag(view.version))
    return model_response(DriverResponse.of(view), status_code, sent)
