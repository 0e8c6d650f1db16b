"""Between orders and the stock room: what an order needs by the recipes, and what becomes of it."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from application.card import Card
from application.ports import OrderQueries
from application.ports.stock import StockRoom
from domain.errors import SoldOut
from domain.inventory import RECIPE_BOOK_ID, RecipeBook
from domain.menu import Menu
from domain.order_state import OrderLine
from domain.repositories import Repository
from domain.stock import Level, Movement, deductions, givings_back


class RecipeCard(Card[RecipeBook]):
    def __init__(self, books: Repository[RecipeBook]) -> None:
        super().__init__(lambda: books.get(RECIPE_BOOK_ID))


class StockDesk:
    """Raises `StoreUnavailable` throughout."""

    def __init__(self, room: StockRoom, recipes: RecipeCard, orders: OrderQueries) -> None:
        self._room = room
        self._recipes = recipes
        self._orders = orders
        self._levels: Card[dict[str, Level]] = Card(room.levels)
        #: Set when something moved through this process: whoever watches the levels clears it and looks.
        self.moved = asyncio.Event()

    async def needs(self, lines: Sequence[OrderLine]) -> Counter[str]:
        """What these lines take, by ingredient: nothing where no pizza of them is tracked."""
        book = await self._recipes.current()
        return _needs(book, lines) if book.state.recipes else Counter()

    async def reserve(self, order_id: str, lines: Sequence[OrderLine], needs: Mapping[str, int], now: datetime) -> None:
        """Promise an order what it needs. Raises `SoldOut`, naming the line."""
        try:
            await self._room.reserve(order_id, needs, now)
        except SoldOut as refusal:
            self._levels.forget()
            raise _named(await self._recipes.current(), lines, refusal.available) from refusal
        self._has_moved()

    async def check(self, lines: Sequence[OrderLine]) -> None:
        """Raise `SoldOut`, naming the line, where an order of these could not have what it needs right now."""
        needs = await self.needs(lines)
        if needs:
            levels = await self._levels.current()
            left = {ingredient: levels.get(ingredient, Level()).available for ingredient in needs}
            if any(left[ingredient] < amount for ingredient, amount in needs.items()):
                raise _named(await self._recipes.current(), lines, left)

    async def sold_out(self, menu: Menu) -> dict[str, list[str]]:
        """The sizes of which not one more can be made, by pizza."""
        book = await self._recipes.current()
        if not book.state.recipes:
            return {}
        levels = await self._levels.current()
        gone: dict[str, list[str]] = defaultdict(list)
        for pizza_id, pizza in menu.state.pizzas.items():
            recipe = book.state.recipes.get(pizza_id)
            for size in pizza.prices if recipe else ():
                amounts = recipe.needs(size, 1, ()) if recipe else {}
                if any(levels.get(name, Level()).available < amount for name, amount in amounts.items()):
                    gone[pizza_id].append(size)
        return dict(gone)

    async def apply(self, movements: Sequence[Movement]) -> list[Movement]:
        """The same as the stock room's."""
        known = await self._room.apply(movements)
        self._has_moved()
        return known

    async def deduct(self, order_ids: Collection[str], now: datetime) -> None:
        """Take what these orders had reserved; doing it again changes nothing."""
        history = await self._room.of_orders(list(order_ids))
        taken = deductions(history, now)
        if taken:
            await self.apply(taken)

    async def give_back(self, order_ids: Collection[str], now: datetime) -> None:
        """Free what cancelled orders had reserved, and return what they had taken and was not cooked. What somebody
        else does to one of them meanwhile is looked at again."""
        while True:
            movements: list[Movement] = []
            for order_id, history in _by_order(await self._room.of_orders(list(order_ids))).items():
                movements += givings_back(history, now, cooked=await self._was_cooked(order_id))
            if not movements:
                return
            await self.apply(movements)

    async def _was_cooked(self, order_id: str) -> bool:
        order = await self._orders.get(order_id)
        return order is not None and order.state.cooking_started_at is not None

    def _has_moved(self) -> None:
        self._levels.forget()
        self.moved.set()


def _by_order(history: Sequence[Movement]) -> dict[str, list[Movement]]:
    found: dict[str, list[Movement]] = defaultdict(list)
    for movement in history:
        if movement.order_id is not None:
            found[movement.order_id].append(movement)
    return found


def _needs(book: RecipeBook, lines: Sequence[OrderLine]) -> Counter[str]:
    total: Counter[str] = Counter()
    for line in lines:
        recipe = book.state.recipes.get(line.pizza)
        if recipe:
            total.update(recipe.needs(line.size, line.quantity, line.extra_toppings))
    return total


def _named(book: RecipeBook, lines: Sequence[OrderLine], available: Mapping[str, int]) -> SoldOut:
    """The refusal of the first line that does not fit any more."""
    for index in range(len(lines)):
        needs = _needs(book, lines[: index + 1])
        if any(needs[ingredient] > left for ingredient, left in available.items()):
            line = lines[index]
            message = f"There is not enough left for {line.quantity} {line.pizza} ({line.size}). GET /api/menu tells."
            return SoldOut(available, message, parameter=f"/items/{index}")
    return SoldOut(available)
