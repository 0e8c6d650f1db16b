"""What the staff does in the stock room: name ingredients, write recipes, take deliveries in, correct what is there."""

import hashlib
from dataclasses import dataclass

from application.clock import utc_now
from application.mediator import Command
from application.ports.stock import Pantry
from application.stock.desk import RecipeCard, StockDesk
from domain.errors import DuplicateId, IdempotencyKeyReused, NotFound, UnknownIngredient, VersionConflict
from domain.identity import new_event_id
from domain.inventory import RECIPE_BOOK_ID, Ingredient, Recipe, RecipeBook, ingredient_key
from domain.repositories import Repository
from domain.stock import Movement, MovementKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PutIngredientCommand(Command[Ingredient]):
    """`expected_version` is the version that the caller decided on; None accepts any, and none at all."""

    ingredient: str
    name: str
    unit: str
    low_mark: int
    expected_version: int | None = None


class PutIngredientCommandHandler:
    def __init__(self, ingredients: Repository[Ingredient], desk: StockDesk) -> None:
        self._ingredients = ingredients
        self._desk = desk

    async def handle(self, command: PutIngredientCommand) -> Ingredient:
        """Raises `NotFound`, `StaleVersion`, `VersionConflict`, `StoreUnavailable`."""
        found = await self._ingredients.find(ingredient_key(command.ingredient))
        found = await (self._change(found, command) if found else self._add(command))
        self._desk.moved.set()
        return found

    async def _change(self, found: Ingredient, command: PutIngredientCommand) -> Ingredient:
        found.expect_version(command.expected_version)
        found.change(command.name, command.unit, command.low_mark, utc_now())
        if found.raised:
            await self._ingredients.save(found)
        return found

    async def _add(self, command: PutIngredientCommand) -> Ingredient:
        if command.expected_version is not None:
            raise NotFound(f"There is no ingredient '{command.ingredient}' yet. Leave If-Match out to add it.")
        added = Ingredient.add(
            command.ingredient, name=command.name, unit=command.unit, low_mark=command.low_mark, now=utc_now()
        )
        try:
            await self._ingredients.add(added)
        except DuplicateId as failure:
            raise VersionConflict("Somebody else has just added this ingredient. Read it and decide anew.") from failure
        return added


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustStockCommand(Command[Movement]):
    """`amount` in units: of a delivery what came, of a correction by how much there is more or, below zero, less.
    A repeat under the same `idempotency_key` counts once."""

    ingredient: str
    kind: MovementKind
    amount: int
    reason: str | None
    by: str
    idempotency_key: str | None = None


class AdjustStockCommandHandler:
    def __init__(self, ingredients: Repository[Ingredient], desk: StockDesk) -> None:
        self._ingredients = ingredients
        self._desk = desk

    async def handle(self, command: AdjustStockCommand) -> Movement:
        """Raises `UnknownIngredient`, `NegativeStock`, `IdempotencyKeyReused`, `StoreUnavailable`."""
        if await self._ingredients.find(ingredient_key(command.ingredient)) is None:
            raise unknown(command.ingredient, "/ingredient")
        movement = Movement(
            id=_movement_id(command.idempotency_key),
            ingredient=command.ingredient,
            kind=command.kind,
            on_hand=command.amount,
            at=utc_now(),
            reason=command.reason,
            by=command.by,
        )
        for known in await self._desk.apply([movement]):
            if (known.ingredient, known.kind, known.on_hand, known.reason) != _what(movement):
                raise IdempotencyKeyReused("This Idempotency-Key came with another movement before. Use a new key.")
            return known
        return movement


def _what(movement: Movement) -> tuple[object, ...]:
    return movement.ingredient, movement.kind, movement.on_hand, movement.reason


def _movement_id(key: str | None) -> str:
    return f"adjustment:{hashlib.sha256(key.encode()).hexdigest()[:32] if key else new_event_id()}"


def unknown(ingredient: str, parameter: str) -> UnknownIngredient:
    return UnknownIngredient(
        f"There is no ingredient '{ingredient}'. PUT /api/ingredients/{ingredient} adds it.", parameter=parameter
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteRecipeCommand(Command[RecipeBook]):
    pizza_id: str
    recipe: Recipe
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveRecipeCommand(Command[RecipeBook]):
    pizza_id: str
    expected_version: int | None = None


class RecipeWriter:
    """Loads the book and saves it. Raises `StaleVersion`, `VersionConflict`, `BacklogFull`, `StoreUnavailable`."""

    def __init__(self, books: Repository[RecipeBook], card: RecipeCard) -> None:
        self._books = books
        self._card = card

    async def open(self, expected_version: int | None) -> RecipeBook:
        book = await self._books.get(RECIPE_BOOK_ID)
        book.expect_version(expected_version)
        return book

    async def close(self, book: RecipeBook) -> RecipeBook:
        if book.raised:
            await self._books.save(book)
            self._card.forget()
        return book


class WriteRecipeCommandHandler:
    def __init__(self, writer: RecipeWriter, pantry: Pantry) -> None:
        self._writer = writer
        self._pantry = pantry

    async def handle(self, command: WriteRecipeCommand) -> RecipeBook:
        """Raises `UnknownIngredient` too, naming the amount."""
        known = {ingredient.ingredient for ingredient in await self._pantry.list()}
        for pointer, amounts in command.recipe.parts:
            for ingredient in amounts:
                if ingredient not in known:
                    raise unknown(ingredient, f"{pointer}/{ingredient}")
        book = await self._writer.open(command.expected_version)
        book.write(command.pizza_id, command.recipe, utc_now())
        return await self._writer.close(book)


class RemoveRecipeCommandHandler:
    def __init__(self, writer: RecipeWriter) -> None:
        self._writer = writer

    async def handle(self, command: RemoveRecipeCommand) -> RecipeBook:
        """Raises `NotFound` too."""
        book = await self._writer.open(command.expected_version)
        book.remove(command.pizza_id, utc_now())
        return await self._writer.close(book)
