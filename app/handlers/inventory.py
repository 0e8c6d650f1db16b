"""The stock room: ingredients, recipes, movements."""

from app.parts import Parts
from application.commands.manage_stock import (
    AdjustStockCommand,
    AdjustStockCommandHandler,
    PutIngredientCommand,
    PutIngredientCommandHandler,
    RecipeWriter,
    RemoveRecipeCommand,
    RemoveRecipeCommandHandler,
    WriteRecipeCommand,
    WriteRecipeCommandHandler,
)
from application.mediator import Mediator
from application.queries.stock import (
    GetIngredientQuery,
    GetIngredientQueryHandler,
    GetRecipeQuery,
    GetRecipeQueryHandler,
    GetSoldOutQuery,
    GetSoldOutQueryHandler,
    GetStockQuery,
    GetStockQueryHandler,
    ListMovementsQuery,
    ListMovementsQueryHandler,
)


def register(mediator: Mediator, parts: Parts) -> None:
    store = parts.store
    writer = RecipeWriter(store.recipe_books, parts.recipes)
    mediator.register(PutIngredientCommand, PutIngredientCommandHandler(store.ingredients, parts.stock))
    mediator.register(AdjustStockCommand, AdjustStockCommandHandler(store.ingredients, parts.stock))
    mediator.register(WriteRecipeCommand, WriteRecipeCommandHandler(writer, store.pantry))
    mediator.register(RemoveRecipeCommand, RemoveRecipeCommandHandler(writer))
    mediator.register(GetIngredientQuery, GetIngredientQueryHandler(store.ingredients))
    mediator.register(GetStockQuery, GetStockQueryHandler(store.pantry, store.stock_room))
    mediator.register(ListMovementsQuery, ListMovementsQueryHandler(store.stock_room))
    mediator.register(GetRecipeQuery, GetRecipeQueryHandler(store.recipe_books))
    mediator.register(GetSoldOutQuery, GetSoldOutQueryHandler(parts.stock))
