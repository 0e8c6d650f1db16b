"""The menu."""

from fastapi import APIRouter, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.menu import (
    ChangePizzaRequest,
    ChangeToppingRequest,
    MenuRequest,
    MenuResponse,
    PizzaRequest,
    ToppingRequest,
)
from app.openapi import VERSION_HEADER, Responses, problems, with_headers
from app.preconditions import IfMatch, etag, expected_version
from app.responses import model_response
from application.commands.change_menu import (
    AddPizzaCommand,
    AddToppingCommand,
    ChangeMenu,
    ChangePizzaCommand,
    ChangeToppingCommand,
    RetirePizzaCommand,
    RetireToppingCommand,
)
from application.queries.kitchen import GetMenuQuery
from application.queries.stock import GetSoldOutQuery
from domain.menu import Menu

STAFF = [Security(staff_only)]
GUARDED = problems("malformed_precondition", "version_conflict", "stale_version", "backlog_full")
ADDED: Responses = with_headers(VERSION_HEADER, 201) | GUARDED
ADDED |= problems("version_conflict", "duplicate_id", "invalid_request", "invalid_menu")
CHANGED: Responses = with_headers(VERSION_HEADER) | GUARDED | problems("not_found", "invalid_request", "invalid_menu")

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
    return await _answer(request, await execute(request, GetMenuQuery()))


@router.put(
    "",
    operation_id="replaceMenu",
    summary="Replace the menu",
    response_model=MenuResponse,
    dependencies=STAFF,
    responses=with_headers(VERSION_HEADER) | GUARDED | problems("invalid_request", "invalid_menu"),
)
async def replace_menu(request: Request, menu: MenuRequest, if_match: IfMatch = None) -> Response:
    """All of it at once. Orders keep the prices that they were placed at."""
    return await _answer(request, await execute(request, menu.to_command(expected_version(if_match))))


@router.post(
    "/pizzas",
    operation_id="addPizza",
    summary="Add a pizza to the menu",
    response_model=MenuResponse,
    status_code=201,
    dependencies=STAFF,
    responses=ADDED,
)
async def add_pizza(request: Request, pizza: PizzaRequest, if_match: IfMatch = None) -> Response:
    """At the end of the menu, which is the answer."""
    expected = expected_version(if_match)
    return await _change(request, AddPizzaCommand(pizza=pizza.to_pizza(pizza.id), expected_version=expected), 201)


@router.put(
    "/pizzas/{pizza_id}",
    operation_id="changePizza",
    summary="Change a pizza",
    response_model=MenuResponse,
    dependencies=STAFF,
    responses=CHANGED,
)
async def change_pizza(
    request: Request, pizza_id: str, pizza: ChangePizzaRequest, if_match: IfMatch = None
) -> Response:
    """Its name, its sizes and prices, and whether it can be ordered."""
    expected = expected_version(if_match)
    return await _change(request, ChangePizzaCommand(pizza=pizza.to_pizza(pizza_id), expected_version=expected))


@router.delete(
    "/pizzas/{pizza_id}",
    operation_id="retirePizza",
    summary="Take a pizza off the menu",
    response_model=MenuResponse,
    dependencies=STAFF,
    responses=CHANGED,
)
async def retire_pizza(request: Request, pizza_id: str, if_match: IfMatch = None) -> Response:
    """Orders that have it keep it."""
    return await _change(request, RetirePizzaCommand(pizza_id=pizza_id, expected_version=expected_version(if_match)))


@router.post(
    "/toppings",
    operation_id="addTopping",
    summary="Add a topping to the menu",
    response_model=MenuResponse,
    status_code=201,
    dependencies=STAFF,
    responses=ADDED,
)
async def add_topping(request: Request, topping: ToppingRequest, if_match: IfMatch = None) -> Response:
    """At the end of the menu, which is the answer."""
    expected = expected_version(if_match)
    command = AddToppingCommand(topping=topping.to_topping(topping.id), expected_version=expected)
    return await _change(request, command, 201)


@router.put(
    "/toppings/{topping_id}",
    operation_id="changeTopping",
    summary="Change a topping",
    response_model=MenuResponse,
    dependencies=STAFF,
    responses=CHANGED,
)
async def change_topping(
    request: Request, topping_id: str, topping: ChangeToppingRequest, if_match: IfMatch = None
) -> Response:
    """Its name, its price, and whether it can be ordered."""
    expected = expected_version(if_match)
    return await _change(
        request, ChangeToppingCommand(topping=topping.to_topping(topping_id), expected_version=expected)
    )


@router.delete(
    "/toppings/{topping_id}",
    operation_id="retireTopping",
    summary="Take a topping off the menu",
    response_model=MenuResponse,
    dependencies=STAFF,
    responses=CHANGED,
)
async def retire_topping(request: Request, topping_id: str, if_match: IfMatch = None) -> Response:
    """Orders that have it keep it."""
    expected = expected_version(if_match)
    return await _change(request, RetireToppingCommand(topping_id=topping_id, expected_version=expected))


async def _change(request: Request, command: ChangeMenu, status_code: int = 200) -> Response:
    return await _answer(request, await execute(request, command), status_code)


async def _answer(request: Request, menu: Menu, status_code: int = 200) -> Response:
    body = MenuResponse.of(menu, await execute(request, GetSoldOutQuery(menu)))
    return model_response(body, status_code, headers=(etag(menu.version),))
