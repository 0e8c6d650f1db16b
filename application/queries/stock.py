"""Reading the stock room: ingredients, levels, the ledger, recipes."""

from dataclasses import dataclass

from application.mediator import Query
from application.ports.stock import Pantry, StockRoom
from application.stock.desk import StockDesk
from domain.errors import NotFound
from domain.inventory import RECIPE_BOOK_ID, Ingredient, Recipe, RecipeBook, ingredient_key
from domain.menu import Menu
from domain.repositories import Repository
from domain.stock import Level, Movement


@dataclass(frozen=True, slots=True)
class GetIngredientQuery(Query[Ingredient]):
    ingredient: str


@dataclass(frozen=True, slots=True)
class GetStockQuery(Query[list["StockLine"]]):
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMovementsQuery(Query[list[Movement]]):
    """From behind the movement with the id `before`; None begins with the newest."""

    ingredient: str | None
    before: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class GetRecipeQuery(Query["RecipePage"]):
    pizza_id: str


@dataclass(frozen=True, slots=True)
class GetSoldOutQuery(Query[dict[str, list[str]]]):
    """The sizes that have run out, by pizza."""

    menu: Menu


@dataclass(frozen=True, slots=True)
class StockLine:
    ingredient: Ingredient
    level: Level


@dataclass(frozen=True, slots=True)
class RecipePage:
    """A recipe, and the version of the book that it stands in."""

    pizza_id: str
    recipe: Recipe
    version: int


class GetIngredientQueryHandler:
    def __init__(self, ingredients: Repository[Ingredient]) -> None:
        self._ingredients = ingredients

    async def handle(self, query: GetIngredientQuery) -> Ingredient:
        """Raises `NotFound`, `StoreUnavailable`."""
        found = await self._ingredients.find(ingredient_key(query.ingredient))
        if found is None:
            raise NotFound(f"There is no ingredient '{query.ingredient}'.")
        return found


class GetStockQueryHandler:
    def __init__(self, pantry: Pantry, room: StockRoom) -> None:
        self._pantry = pantry
        self._room = room

    async def handle(self, query: GetStockQuery) -> list[StockLine]:
        levels = await self._room.levels()
        return [StockLine(found, levels.get(found.ingredient, Level())) for found in await self._pantry.list()]


class ListMovementsQueryHandler:
    def __init__(self, room: StockRoom) -> None:
        self._room = room

    async def handle(self, query: ListMovementsQuery) -> list[Movement]:
        return await self._room.movements(ingredient=query.ingredient, before=query.before, limit=query.limit)


class GetRecipeQueryHandler:
    def __init__(self, books: Repository[RecipeBook]) -> None:
        self._books = books

    async def handle(self, query: GetRecipeQuery) -> RecipePage:
        """Raises `NotFound`, `StoreUnavailable`."""
        book = await self._books.get(RECIPE_BOOK_ID)
        return RecipePage(query.pizza_id, book.find(query.pizza_id), book.version)


class GetSoldOutQueryHandler:
    def __init__(self, desk: StockDesk) -> None:
        self._desk = desk

    async def handle(self, query: GetSoldOutQuery) -> dict[str, list[str]]:
        return await self._desk.sold_out(query.menu)
