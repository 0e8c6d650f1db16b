"""All ingredients, read from MongoDB."""

from domain.inventory import Ingredient, IngredientState
from infrastructure.kinds import INGREDIENTS
from infrastructure.mongo.client import Collection
from infrastructure.mongo.errors import store_errors
from infrastructure.serialization import from_document


class MongoPantry:
    """Implements `application.ports.stock.Pantry`."""

    def __init__(self, ingredients: Collection) -> None:
        self._ingredients = ingredients

    async def list(self) -> list[Ingredient]:
        with store_errors():
            found = await self._ingredients.find({}, {"state": 1, "version": 1}).sort("_id", 1).to_list(None)
        return [
            INGREDIENTS.restore(document["_id"], from_document(document["state"], IngredientState), document["version"])
            for document in found
        ]
