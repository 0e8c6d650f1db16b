"""Orders and the stock room on real stores: what crashes, repeats and latecomers leave behind."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from application.clock import utc_now
from application.commands.place_order import BasketItem, PlaceOrderCommand, PlaceOrderCommandHandler
from application.events.inventory import StockNewPizzaHandler, StockReservationHandler
from application.menu_card import MenuCard
from application.stock.desk import RecipeCard, StockDesk
from application.stock.keeper import MOST_AT_ONCE, StockKeeper
from application.stock.opening import OpeningStock
from application.store import Store
from application.telemetry import NoTelemetry
from domain.errors import DuplicateId, SoldOut
from domain.events import DomainEvent, PizzaAddedToMenuEvent, StockRunningLowEvent
from domain.identity import new_order_id
from domain.inventory import RECIPE_BOOK_ID, RecipeBook, RecipeBookState, ingredient_key
from domain.menu import MENU_ID, Pizza, marios_menu
from domain.order import Order
from domain.order_lifecycle import OrderStatus
from domain.order_state import Customer
from domain.stock import Level
from infrastructure.metrics import Metrics
from tests.builders import LUIGI, PICKUP, an_order, confirm
from tests.contract.customers import Counter
from tests.contract.test_stock_room import check_books, deduct, delivery

CALZONE = Pizza(id="calzone", name="Calzone", prices={"large": 1500, "small": 900})


@dataclass(slots=True)
class Branch:
    """A pizzeria's stock, recipes and orders on one store, without a service around them."""

    store: Store
    desk: StockDesk
    place: PlaceOrderCommandHandler
    opening: StockNewPizzaHandler
    reservations: StockReservationHandler
    keeper: StockKeeper
    metrics: Metrics

    async def placed(self, quantity: int = 1, key: str | None = None) -> Order:
        view = await self.place.handle(
            PlaceOrderCommand(
                customer=Customer(name="Anna", phone="+3908112345"),
                fulfilment=PICKUP,
                items=(BasketItem(pizza="calzone", size="large", quantity=quantity),),
                idempotency_key=key,
            )
        )
        return await self.store.orders.get(view.id)

    async def level(self) -> Level:
        return (await self.store.stock_room.levels())["calzone"]

    async def join(self) -> PizzaAddedToMenuEvent:
        """Put the calzone on the menu; its event is the caller's to deliver."""
        menu = await self.store.menus.get(MENU_ID)
        menu.add_pizza(CALZONE, utc_now())
        (event,) = menu.raised
        await self.store.menus.save(menu)
        assert isinstance(event, PizzaAddedToMenuEvent)
        return event


@pytest.fixture
async def branch(store: Store) -> Branch:
    await store.menus.add(marios_menu())
    await store.recipe_books.add(RecipeBook(RECIPE_BOOK_ID, RecipeBookState()))
    recipes, metrics = RecipeCard(store.recipe_books), Metrics()
    desk = StockDesk(store.stock_room, recipes, store.order_queries)
    return Branch(
        store,
        desk,
        PlaceOrderCommandHandler(
            store.orders,
            queries=store.order_queries,
            menu=MenuCard(store.menus),
            stock=desk,
            loyalty=Counter(store).loyalty,
            telemetry=NoTelemetry(),
        ),
        StockNewPizzaHandler(OpeningStock(desk, store.ingredients, store.recipe_books, recipes, 10)),
        StockReservationHandler(desk),
        StockKeeper(store, desk, metrics, grace=0.0),
        metrics,
    )


@pytest.fixture
async def stocked(branch: Branch) -> AsyncIterator[Branch]:
    await branch.opening.handle(await branch.join())
    yield branch
    await check_books(branch.store.stock_room)


async def test_a_new_pizza_is_stocked_once_however_often_and_late_it_is_told(branch: Branch) -> None:
    event = await branch.join()
    await asyncio.gather(*(branch.opening.handle(event) for _ in range(4)), return_exceptions=True)
    await branch.opening.handle(event)
    assert await branch.level() == Level(on_hand=10)
    book = await branch.store.recipe_books.get(RECIPE_BOOK_ID)
    assert book.find("calzone").sizes == {"large": {"calzone": 1}, "small": {"calzone": 1}}

    book.remove("calzone", utc_now())
    await branch.store.recipe_books.save(book)
    await branch.placed(2)
    await branch.opening.handle(event)

    book = await branch.store.recipe_books.get(RECIPE_BOOK_ID)
    assert "calzone" not in book.state.recipes
    assert await branch.level() == Level(on_hand=10)


async def test_a_pizza_that_comes_back_has_what_was_left_of_it(stocked: Branch) -> None:
    await deduct(stocked.store.stock_room, (await stocked.placed(4)).id)
    menu = await stocked.store.menus.get(MENU_ID)
    menu.retire_pizza("calzone", utc_now())
    await stocked.store.menus.save(menu)

    await stocked.opening.handle(await stocked.join())

    assert await stocked.level() == Level(on_hand=6)


async def test_a_scrape_shows_what_is_left_and_what_is_promised(stocked: Branch) -> None:
    def shown() -> list[str]:
        lines = stocked.metrics.exposition().decode().splitlines()
        return [line.removeprefix("pizzeria_stock_") for line in lines if line.startswith("pizzeria_stock_")]

    await stocked.keeper.tell_levels()
    assert shown() == ['available{ingredient="calzone"} 10.0', 'reserved{ingredient="calzone"} 0.0']

    await stocked.placed(4)
    await deduct(stocked.store.stock_room, (await stocked.placed(3)).id)
    await stocked.keeper.tell_levels()
    assert shown() == ['available{ingredient="calzone"} 3.0', 'reserved{ingredient="calzone"} 4.0']


async def test_fifty_orders_for_the_last_ten_portions(stocked: Branch) -> None:
    answers = await asyncio.gather(*(stocked.placed() for _ in range(50)), return_exceptions=True)

    assert sum(isinstance(answer, Order) for answer in answers) == 10
    assert sum(isinstance(answer, SoldOut) for answer in answers) == 40
    assert await stocked.store.order_queries.count_by_status([OrderStatus.PENDING], at_most=99) == 10
    assert await stocked.level() == Level(on_hand=10, reserved=10)


async def test_racing_repeats_of_an_order_leave_one_reservation(stocked: Branch) -> None:
    answers = await asyncio.gather(*(stocked.placed(2, key="same") for _ in range(4)))

    assert len({order.id for order in answers}) == 1
    assert await stocked.level() == Level(on_hand=10, reserved=2)


def events_of(order: Order, *verbs: str) -> list[Any]:
    """Make moves and return what they raised; nobody saves the order."""
    for verb in verbs:
        match verb:
            case "confirm":
                confirm(order)
            case "cook":
                order.start_cooking(utc_now(), LUIGI)
            case "cancel":
                order.cancel(utc_now(), "no more dough")
    return list(order.raised)


@pytest.mark.parametrize(
    ("verbs", "left"),
    [(["confirm"], 8), (["cancel"], 10), (["confirm", "cancel"], 10), (["confirm", "cook", "cancel"], 8)],
)
@pytest.mark.parametrize("together", [True, False])
async def test_what_becomes_of_an_order_becomes_of_its_stock_once(
    stocked: Branch, verbs: Sequence[str], left: int, together: bool
) -> None:
    order = await stocked.placed(2)
    events = [event for event in events_of(order, *verbs) if type(event).__name__ != "CookingStartedEvent"]
    await stocked.store.orders.save(order)

    batches: list[list[DomainEvent]] = [events] if together else [[event] for event in events]
    for batch in [*batches, *reversed(batches), *batches]:
        await stocked.reservations.handle_batch(batch)  # type: ignore[arg-type]

    assert await stocked.level() == Level(on_hand=left)


async def test_what_was_reserved_for_an_order_that_never_came_is_freed(stocked: Branch) -> None:
    room = stocked.store.stock_room
    kept, lost = await stocked.placed(2), new_order_id(utc_now())
    await room.reserve(lost, {"calzone": 3}, utc_now())
    later = utc_now() + timedelta(seconds=1)
    assert await stocked.keeper.free_abandoned(utc_now() - timedelta(minutes=5)) == 0

    assert await stocked.keeper.free_abandoned(later) == 1

    assert await stocked.level() == Level(on_hand=10, reserved=2)
    assert await room.unseen(later, 10) == []
    assert await stocked.keeper.free_abandoned(later) == 0
    await deduct(room, kept.id)
    assert await stocked.level() == Level(on_hand=8)


async def test_all_that_nobody_came_for_is_freed_however_much_it_is(stocked: Branch) -> None:
    room, many = stocked.store.stock_room, MOST_AT_ONCE + 3
    await room.apply([delivery("calzone", many)])
    await asyncio.gather(*(room.reserve(new_order_id(utc_now()), {"calzone": 1}, utc_now()) for _ in range(many)))

    assert await stocked.keeper.free_abandoned(utc_now() + timedelta(seconds=1)) == many
    assert await stocked.level() == Level(on_hand=10 + many)


async def test_a_clock_that_is_ahead_takes_no_order_from_whoever_is_placing_it(stocked: Branch) -> None:
    order = an_order()
    await stocked.store.stock_room.reserve(order.id, {"calzone": 1}, utc_now())
    ahead = StockKeeper(stocked.store, stocked.desk, stocked.metrics, grace=2.0)
    sweep = asyncio.create_task(ahead.free_abandoned(utc_now() + timedelta(hours=1)))
    await asyncio.sleep(0.2)

    await stocked.store.orders.add(order)

    assert await sweep == 0
    assert await stocked.level() == Level(on_hand=10, reserved=1)


async def test_whoever_wakes_up_after_his_reservation_was_freed_cannot_place_the_order(stocked: Branch) -> None:
    orders = stocked.store.orders
    late = Order.place(
        new_order_id(utc_now()),
        customer=Customer(name="Anna", phone="+3908112345"),
        fulfilment=PICKUP,
        items=[marios_menu().price_line("margherita", "large", 1, (), at="")],
        currency="USD",
        now=utc_now(),
    )
    await stocked.store.stock_room.reserve(late.id, {"calzone": 3}, utc_now())
    await stocked.keeper.free_abandoned(utc_now() + timedelta(seconds=1))

    with pytest.raises(DuplicateId):
        await orders.add(late)

    in_its_place = await orders.get(late.id)
    assert (in_its_place.state.status, in_its_place.was_never_placed) == (OrderStatus.CANCELLED, True)


async def test_a_sweep_that_died_between_its_steps_is_finished_by_the_next(stocked: Branch) -> None:
    lost = new_order_id(utc_now())
    await stocked.store.stock_room.reserve(lost, {"calzone": 3}, utc_now())
    await stocked.store.orders.add(Order.never_placed(lost, utc_now()))

    assert await stocked.keeper.free_abandoned(utc_now() + timedelta(seconds=1)) == 1
    assert await stocked.level() == Level(on_hand=10)


async def test_several_replicas_look_and_each_level_is_told_once(stocked: Branch) -> None:
    await asyncio.gather(*(stocked.keeper.tell_levels() for _ in range(4)))
    await stocked.store.stock_room.apply([delivery("calzone", -8)])
    await asyncio.gather(*(stocked.keeper.tell_levels() for _ in range(4)))
    await stocked.keeper.tell_levels()

    (claim,) = await stocked.store.outboxes["ingredient"].claim_due("", 10)
    assert claim.aggregate_id == ingredient_key("calzone")
    low = [pending.event for pending in claim.pending if isinstance(pending.event, StockRunningLowEvent)]
    assert [(event.available, event.low_mark) for event in low] == [(2, 2)]
