"""The stock room as the staff sees and changes it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from app.models.base import ONE_LINE, MenuId, Notes, QueryModel, RequestModel, ResponseModel, ShortText, example
from app.refusals import Fault, InvalidRequest
from application.commands.manage_stock import AdjustStockCommand, PutIngredientCommand, WriteRecipeCommand
from application.queries.stock import ListMovementsQuery, RecipePage, StockLine
from domain.inventory import Ingredient, Recipe
from domain.stock import Movement, MovementKind

MOST = 1_000_000
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20, pattern=ONE_LINE)]
LowMark = Annotated[
    int, Field(ge=0, le=MOST, description="A `StockRunningLow` event tells when no more than this is available.")
]
Amounts = Annotated[
    dict[MenuId, Annotated[int, Field(ge=1, le=10_000)]],
    Field(max_length=30, description="Units of each ingredient, by its id."),
]
Parts = dict[MenuId, Amounts]

INGREDIENT_EXAMPLE: dict[str, Any] = {"name": "Dough", "unit": "ball", "lowMark": 20}
STOCK_EXAMPLE: dict[str, Any] = {
    "ingredient": "dough",
    "name": "Dough",
    "unit": "ball",
    "onHand": 42,
    "reserved": 5,
    "available": 37,
    "lowMark": 20,
    "low": False,
    "soldOut": False,
}
DELIVERY_EXAMPLE: dict[str, Any] = {"ingredient": "dough", "kind": "delivery", "amount": 50, "reason": "Mill, 4 May"}
CORRECTION_EXAMPLE: dict[str, Any] = {"ingredient": "dough", "kind": "correction", "amount": -3, "reason": "Burnt"}
MOVEMENT_EXAMPLE: dict[str, Any] = {
    "id": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3:reserved:dough",
    "ingredient": "dough",
    "kind": "reserved",
    "onHand": 0,
    "reserved": 2,
    "at": "2026-05-04T18:30:00.125Z",
    "orderId": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3",
    "reason": None,
    "by": None,
}
RECIPE_EXAMPLE: dict[str, Any] = {
    "sizes": {"small": {"dough": 1, "mozzarella": 80}, "large": {"dough": 2, "mozzarella": 150}},
    "toppings": {"extra-cheese": {"mozzarella": 40}},
}


class IngredientRequest(RequestModel):
    model_config = example(INGREDIENT_EXAMPLE)

    name: ShortText
    unit: Unit
    low_mark: LowMark = 0

    def to_command(self, ingredient: str, expected_version: int | None) -> PutIngredientCommand:
        return PutIngredientCommand(
            ingredient=ingredient,
            name=self.name,
            unit=self.unit,
            low_mark=self.low_mark,
            expected_version=expected_version,
        )


class IngredientResponse(ResponseModel):
    model_config = example({"id": "dough", "version": 1, **INGREDIENT_EXAMPLE})

    id: str
    version: int = Field(description="Rises with every change. In quotes it is the ETag.")
    name: str
    unit: str
    low_mark: LowMark

    @classmethod
    def of(cls, found: Ingredient) -> "IngredientResponse":
        state = found.state
        return cls(
            id=found.ingredient, version=found.version, name=state.name, unit=state.unit, low_mark=state.low_mark
        )


class StockLineResponse(ResponseModel):
    ingredient: str
    name: str
    unit: str
    on_hand: int = Field(description="In units.")
    reserved: int = Field(description="Of what is on hand, promised to orders that are not confirmed yet.")
    available: int = Field(description="The rest: what orders may still have.")
    low_mark: LowMark
    low: bool
    sold_out: bool

    @classmethod
    def of(cls, line: StockLine) -> "StockLineResponse":
        state, level = line.ingredient.state, line.level
        return cls(
            ingredient=line.ingredient.ingredient,
            name=state.name,
            unit=state.unit,
            on_hand=level.on_hand,
            reserved=level.reserved,
            available=level.available,
            low_mark=state.low_mark,
            low=level.available <= state.low_mark,
            sold_out=level.available <= 0,
        )


class StockResponse(ResponseModel):
    model_config = example({"items": [STOCK_EXAMPLE]})

    items: list[StockLineResponse]


class MovementRequest(RequestModel):
    """What came, or what there turned out to be more or less of. A correction says why."""

    model_config = example(DELIVERY_EXAMPLE, CORRECTION_EXAMPLE)

    ingredient: MenuId
    kind: Literal["delivery", "correction"]
    amount: int = Field(ge=-MOST, le=MOST, description="In units; below zero for a correction that takes away.")
    reason: Notes | None = None

    def to_command(self, by: str, idempotency_key: str | None) -> AdjustStockCommand:
        """Raises `InvalidRequest`."""
        if self.amount == 0 or (self.kind == "delivery" and self.amount < 0):
            raise InvalidRequest([Fault("/amount", "A delivery brings at least 1, a correction more or less than 0.")])
        if self.kind == "correction" and not self.reason:
            raise InvalidRequest([Fault("/reason", "Say why there is more or less than there should be.")])
        return AdjustStockCommand(
            ingredient=self.ingredient,
            kind=MovementKind(self.kind),
            amount=self.amount,
            reason=self.reason or None,
            by=by,
            idempotency_key=idempotency_key,
        )


class MovementResponse(ResponseModel):
    model_config = example(MOVEMENT_EXAMPLE)

    id: str
    ingredient: str
    kind: MovementKind
    on_hand: int = Field(description="By how much it changed what is on hand, in units.")
    reserved: int = Field(description="By how much it changed what is promised to orders.")
    at: datetime
    order_id: str | None
    reason: str | None
    by: str | None = Field(description="Whose key it was done with.")


class MovementsResponse(ResponseModel):
    model_config = example({"items": [MOVEMENT_EXAMPLE], "nextBefore": MOVEMENT_EXAMPLE["id"]})

    items: list[MovementResponse]
    next_before: str | None = Field(description="Pass it as `before` for the next page; null on the last one.")

    @classmethod
    def of(cls, movements: list[Movement], limit: int) -> "MovementsResponse":
        page = movements[:limit]
        return cls(
            items=[MovementResponse.model_validate(movement) for movement in page],
            next_before=page[-1].id if len(movements) > limit else None,
        )


class MovementsQuery(QueryModel):
    ingredient: MenuId | None = None
    before: str | None = Field(None, max_length=200, description="`nextBefore` of the page before.")
    limit: int = Field(100, ge=1, le=500)

    def to_query(self) -> ListMovementsQuery:
        return ListMovementsQuery(ingredient=self.ingredient, before=self.before, limit=self.limit + 1)


class RecipeRequest(RequestModel):
    """What one pizza of each size takes, and what an extra topping on it does. A size that is left out is not
    tracked."""

    model_config = example(RECIPE_EXAMPLE)

    sizes: Parts = Field(max_length=20, description="What one pizza takes, by size.")
    toppings: Parts = Field({}, max_length=100, description="What an extra topping takes, by the topping's id.")

    def to_command(self, pizza_id: str, expected_version: int | None) -> WriteRecipeCommand:
        recipe = Recipe(sizes=self.sizes, toppings=self.toppings)
        return WriteRecipeCommand(pizza_id=pizza_id, recipe=recipe, expected_version=expected_version)


class RecipeResponse(ResponseModel):
    model_config = example({"pizza": "margherita", "version": 3, **RECIPE_EXAMPLE})

    pizza: str
    version: int = Field(description="Of the book of all recipes. In quotes it is the ETag.")
    sizes: Mapping[str, Mapping[str, int]]
    toppings: Mapping[str, Mapping[str, int]]

    @classmethod
    def of(cls, page: RecipePage) -> "RecipeResponse":
        recipe = page.recipe
        return cls(pizza=page.pizza_id, version=page.version, sizes=recipe.sizes, toppings=recipe.toppings)
