"""The menu."""

from fastapi import APIRouter, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.kitchen import MenuRequest, MenuResponse
from app.openapi import VERSION_HEADER, problems, with_headers
from app.preconditions import IfMatch, etag, expected_version
from app.responses import model_response
from application.queries.kitchen import GetMenuQuery
from domain.menu import Menu

router = APIRouter(prefix="/api/menu", tags=["menu"], route_class=LeanRoute)


@router.get(
    "",
    operation_id="getMenu",
    summary="Read the menu",
    response_model=MenuResponse,
    responses=with_headers(VERSION_HEADER),
)
async def get_menu(request: Request) -> Response:
    """What can be ordered, in which sizes, at which prices."""
    return _answer(await execute(request, GetMenuQuery()))


@router.put(
    "",
    operation_id="replaceMenu",
    summary="Replace the menu",
    response_model=MenuResponse,
    dependencies=[Security(staff_only)],
    responses=with_headers(VERSION_HEADER)
    | problems("malformed_precondition", "version_conflict", "stale_version", "invalid_request", "invalid_menu"),
)
async def replace_menu(
    request: Request,
    menu: MenuRequest,
    if_match: IfMatch = None,
) -> Response:
    """All of it at once. Orders keep the prices that they were placed at."""
    return _answer(await execute(request, menu.to_command(expected_version(if_match))))


def _answer(menu: Menu) -> Response:
    return model_response(MenuResponse.of(menu), headers=(etag(menu.version),))
