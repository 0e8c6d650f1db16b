"""What a pizza that joins the menu is given by itself: an ingredient of its own, a recipe, and some portions."""

from application.clock import utc_now
from application.stock.desk import RecipeCard, StockDesk
from domain.errors import DuplicateId
from domain.events import PizzaAddedToMenuEvent
from domain.inventory import RECIPE_BOOK_ID, Ingredient, Recipe, RecipeBook, ingredient_key
from domain.repositories import Repository
from domain.stock import Movement, MovementKind

UNIT = "portion"


class OpeningStock:
    """Each part is done once per event, however often it comes. Raises `VersionConflict`, `StoreUnavailable`."""

    def __init__(
        self,
        desk: StockDesk,
        ingredients: Repository[Ingredient],
        books: Repository[RecipeBook],
        recipes: RecipeCard,
        portions: int,
    ) -> None:
        self._desk = desk
        self._ingredients = ingredients
        self._books = books
        self._recipes = recipes
        self._portions = portions

    async def lay_in(self, event: PizzaAddedToMenuEvent) -> None:
        """The recipe comes last: from then on orders ask for what is on hand."""
        ingredient = await self._own_ingredient(event)
        if ingredient.state.opened_by == event.event_id:
            await self._desk.apply([self._opening(event)])
        await self._write_recipe(event)

    async def _own_ingredient(self, event: PizzaAddedToMenuEvent) -> Ingredient:
        """Under the pizza's id. One that is there already keeps what it has."""
        found = await self._ingredients.find(ingredient_key(event.pizza_id))
        if found is not None:
            return found
        added = Ingredient.add(
            event.pizza_id,
            name=event.name,
            unit=UNIT,
            low_mark=self._portions // 5,
            now=utc_now(),
            opened_by=event.event_id,
        )
        try:
            await self._ingredients.add(added)
        except DuplicateId:
            return await self._ingredients.get(added.id)
        return added

    def _opening(self, event: PizzaAddedToMenuEvent) -> Movement:
        return Movement(
            id=f"{event.event_id}:opening",
            ingredient=event.pizza_id,
            kind=MovementKind.OPENING,
            on_hand=self._portions,
            at=event.occurred_at,
        )

    async def _write_recipe(self, event: PizzaAddedToMenuEvent) -> None:
        book = await self._books.get(RECIPE_BOOK_ID)
        recipe = Recipe(sizes={size: {event.pizza_id: 1} for size in event.prices})
        if book.write_for_new(event.pizza_id, recipe, event.aggregate_version, utc_now()):
            await self._books.save(book)
        self._recipes.forget()
