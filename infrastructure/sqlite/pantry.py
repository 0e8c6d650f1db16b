"""All ingredients, read from SQLite."""

import msgspec

from domain.inventory import Ingredient, IngredientState
from infrastructure.kinds import INGREDIENTS
from infrastructure.sqlite.database import Database

_states = msgspec.json.Decoder(IngredientState)


class SqlitePantry:
    """Implements `application.ports.stock.Pantry`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> list[Ingredient]:
        rows = self._database.read(f"SELECT id, state, version FROM {INGREDIENTS.home} ORDER BY id")  # noqa: S608
        return [INGREDIENTS.restore(key, _states.decode(state), version) for key, state, version in rows]
