"""The stock room: ingredients, what is on hand, movements, recipes."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Security
from starlette.requests import Request
from starlette.responses import Response

from app.auth import staff_only, the_staff_member
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.base import checked_id
from app.models.inventory import (
    IngredientRequest,
    IngredientResponse,
    MovementRequest,
    MovementResponse,
    MovementsQuery,
    MovementsResponse,
    RecipeRequest,
    RecipeResponse,
    StockLineResponse,
    StockResponse,
)
from app.openapi import VERSION_HEADER, Responses, problems, with_headers
from app.preconditions import KEY_PATTERN, IfMatch, check_key, etag, expected_version
from app.responses import model_response, no_content
from application.commands.manage_stock import RemoveRecipeCommand
from application.queries.stock import GetIngredientQuery, GetRecipeQuery, GetStockQuery, RecipePage
from domain.inventory import RecipeBook

MovementKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="1 to 200 visible ASCII characters. A repeat under the same key counts once.",
        json_schema_extra={"pattern": KEY_PATTERN},
    ),
]
GUARDED: Responses = problems(
    "malformed_precondition", "not_found", "version_conflict", "stale_version", "invalid_request", "backlog_full"
)

router = APIRouter(prefix="/api", tags=["stock"], route_class=LeanRoute, dependencies=[Security(staff_only)])


@router.get(
    "/ingredients/{ingredient_id}",
    operation_id="getIngredient",
    summary="Read an ingredient",
    response_model=IngredientResponse,
    responses=with_headers(VERSION_HEADER) | problems("not_found"),
)
async def get_ingredient(request: Request, ingredient_id: str) -> Response:
    """Its name, its unit, and when it runs low. GET /api/stock tells how much there is."""
    found = await execute(request, GetIngredientQuery(ingredient_id))
    return model_response(IngredientResponse.of(found), headers=(etag(found.version),))


@router.put(
    "/ingredients/{ingredient_id}",
    operation_id="putIngredient",
    summary="Add or change an ingredient",
    response_model=IngredientResponse,
    responses=with_headers(VERSION_HEADER) | GUARDED,
)
async def put_ingredient(
    request: Request, ingredient_id: str, ingredient: IngredientRequest, if_match: IfMatch = None
) -> Response:
    """There is none of a new one yet: POST /api/stock/movements with its first delivery."""
    ingredient_id = checked_id(ingredient_id, "ingredient_id")
    found = await execute(request, ingredient.to_command(ingredient_id, expected_version(if_match)))
    return model_response(IngredientResponse.of(found), headers=(etag(found.version),))


@router.get("/stock", operation_id="getStock", summary="See what is on hand")
async def get_stock(request: Request) -> StockResponse:
    """Of every ingredient: how much there is, how much of it is promised, and whether it runs low or has run out."""
    lines = await execute(request, GetStockQuery())
    return StockResponse(items=[StockLineResponse.of(line) for line in lines])


@router.post(
    "/stock/movements",
    operation_id="adjustStock",
    summary="Take in a delivery, or correct what is on hand",
    response_model=MovementResponse,
    status_code=201,
    responses=problems("negative_stock", "invalid_request", "unknown_ingredient", "idempotency_key_reused"),
)
async def adjust_stock(request: Request, movement: MovementRequest, idempotency_key: MovementKey = None) -> Response:
    """What is promised to orders cannot be taken away."""
    if idempotency_key is not None:
        check_key(idempotency_key)
    command = movement.to_command(the_staff_member(request).name, idempotency_key)
    return model_response(MovementResponse.model_validate(await execute(request, command)), 201)


@router.get("/stock/movements", operation_id="listStockMovements", summary="Read the stock room's ledger")
async def list_movements(request: Request, query: Annotated[MovementsQuery, Query()]) -> MovementsResponse:
    """The newest first: every movement that ever was. What is on hand is their sum."""
    return MovementsResponse.of(await execute(request, query.to_query()), query.limit)


@router.get(
    "/recipes/{pizza_id}",
    operation_id="getRecipe",
    summary="Read a pizza's recipe",
    response_model=RecipeResponse,
    responses=with_headers(VERSION_HEADER) | problems("not_found"),
)
async def get_recipe(request: Request, pizza_id: str) -> Response:
    """What it takes of which ingredient. A pizza without a recipe is not tracked, and never runs out."""
    return _recipe(await execute(request, GetRecipeQuery(pizza_id)))


@router.put(
    "/recipes/{pizza_id}",
    operation_id="writeRecipe",
    summary="Write a pizza's recipe",
    response_model=RecipeResponse,
    responses=with_headers(VERSION_HEADER) | GUARDED | problems("invalid_request", "unknown_ingredient"),
)
async def write_recipe(request: Request, pizza_id: str, recipe: RecipeRequest, if_match: IfMatch = None) -> Response:
    """From the next order on. Orders keep what they have reserved."""
    pizza_id = checked_id(pizza_id, "pizza_id")
    book: RecipeBook = await execute(request, recipe.to_command(pizza_id, expected_version(if_match)))
    return _recipe(RecipePage(pizza_id, book.find(pizza_id), book.version))


@router.delete(
    "/recipes/{pizza_id}",
    operation_id="removeRecipe",
    summary="Remove a pizza's recipe",
    status_code=204,
    responses=GUARDED,
)
async def remove_recipe(request: Request, pizza_id: str, if_match: IfMatch = None) -> Response:
    """From the next order on it is not tracked any more."""
    await execute(request, RemoveRecipeCommand(pizza_id=pizza_id, expected_version=expected_version(if_match)))
    return no_content()


def _recipe(page: RecipePage) -> Response:
    return model_response(RecipeResponse.of(page), headers=(etag(page.version),))
