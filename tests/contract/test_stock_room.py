"""The stock room: the last portion is sold once, every movement counts once, and levels are the sum of the ledger."""

import asyncio
import random
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import pytest

from application.clock import utc_now
from application.ports.stock import StockRoom
from application.store import Store
from domain.errors import NegativeStock, SoldOut
from domain.identity import new_order_id
from domain.stock import Level, Movement, MovementKind, deductions, givings_back
from tests.contract.conftest import LEASE_SECONDS, OpenStore

NOW = utc_now()


def delivery(ingredient: str, amount: int, movement_id: str | None = None, at: datetime = NOW) -> Movement:
    movement_id = movement_id or f"delivery-{new_order_id(NOW)}"
    kind = MovementKind.DELIVERY if amount > 0 else MovementKind.CORRECTION
    return Movement(id=movement_id, ingredient=ingredient, kind=kind, on_hand=amount, at=at, reason="van", by="luigi")


async def reserved(room: StockRoom, needs: Mapping[str, int]) -> str:
    order_id = new_order_id(NOW)
    await room.reserve(order_id, needs, NOW)
    return order_id


async def deduct(room: StockRoom, *order_ids: str) -> None:
    await room.apply(deductions(await room.of_orders(order_ids), NOW))


async def give_back(room: StockRoom, order_id: str, *, cooked: bool = False) -> None:
    await room.apply(givings_back(await room.of_orders([order_id]), NOW, cooked=cooked))


async def ledger(room: StockRoom) -> list[Movement]:
    return await room.movements(ingredient=None, before=None, limit=10_000)


def summed(movements: Iterable[Movement]) -> dict[str, Level]:
    levels: dict[str, Level] = {}
    for movement in movements:
        before = levels.get(movement.ingredient, Level())
        levels[movement.ingredient] = Level(
            on_hand=before.on_hand + movement.on_hand, reserved=before.reserved + movement.reserved
        )
    return levels


async def check_books(room: StockRoom) -> None:
    movements = await ledger(room)
    assert len({movement.id for movement in movements}) == len(movements)
    levels = await room.levels()
    assert levels == summed(movements)
    assert all(level.on_hand >= level.reserved >= 0 for level in levels.values())


async def test_a_movement_comes_back_as_it_was_made(store: Store) -> None:
    made = delivery("00-flour_v1.5", 12)
    await store.stock_room.apply([made])

    assert await ledger(store.stock_room) == [made]
    assert await store.stock_room.levels() == {"00-flour_v1.5": Level(on_hand=12)}


async def test_an_order_reserves_takes_and_leaves_the_rest(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 10), delivery("basil", 3)])
    order = await reserved(room, {"dough": 2, "basil": 1})
    assert await room.levels() == {"dough": Level(on_hand=10, reserved=2), "basil": Level(on_hand=3, reserved=1)}

    await deduct(room, order)

    assert await room.levels() == {"dough": Level(on_hand=8), "basil": Level(on_hand=2)}
    await check_books(room)


async def test_an_order_gets_all_that_it_needs_or_nothing(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 10), delivery("basil", 1)])

    with pytest.raises(SoldOut) as refusal:
        await reserved(room, {"dough": 2, "basil": 2, "truffle": 1})

    assert refusal.value.available == {"basil": 1, "truffle": 0}
    assert await room.levels() == {"dough": Level(on_hand=10), "basil": Level(on_hand=1)}
    assert len(await ledger(room)) == 2


async def test_of_fifty_orders_at_once_the_last_seven_portions_go_to_seven(open_store: OpenStore) -> None:
    async with open_store(LEASE_SECONDS) as first, open_store(LEASE_SECONDS) as second:
        rooms = [first.stock_room, second.stock_room]
        await rooms[0].apply([delivery("dough", 7), delivery("basil", 1_000)])

        answers = await asyncio.gather(
            *(reserved(rooms[number % 2], {"basil": 1, "dough": 1}) for number in range(50)), return_exceptions=True
        )

        assert sum(isinstance(answer, str) for answer in answers) == 7
        assert sum(isinstance(answer, SoldOut) for answer in answers) == 43
        levels = await rooms[1].levels()
        assert levels == {"dough": Level(on_hand=7, reserved=7), "basil": Level(on_hand=1_000, reserved=7)}
        for room in rooms:
            await check_books(room)


async def test_a_small_order_gets_what_a_large_one_beside_it_could_not_take(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 3)])

    answers = await asyncio.gather(
        *(reserved(room, {"dough": amount}) for amount in (2, 5, 1, 1)), return_exceptions=True
    )

    assert [isinstance(answer, str) for answer in answers] == [True, False, True, False]


async def test_every_movement_counts_once_however_often_it_comes(open_store: OpenStore) -> None:
    async with open_store(LEASE_SECONDS) as first, open_store(LEASE_SECONDS) as second:
        rooms = [first.stock_room, second.stock_room]
        movements = [delivery(f"i{number % 3}", 1 + number, f"m{number}") for number in range(30)]
        expected = summed(movements)

        async def send(number: int) -> None:
            some = random.Random(number).sample(movements, 20)
            await rooms[number % 2].apply([*some, *some[:3]])

        await asyncio.gather(*(send(number) for number in range(12)))
        known = await rooms[0].apply(movements)

        assert sorted(known, key=lambda movement: movement.id) == sorted(movements, key=lambda movement: movement.id)
        assert await rooms[1].levels() == expected
        for room in rooms:
            await check_books(room)


async def test_a_repeat_tells_what_the_ledger_has(store: Store) -> None:
    await store.stock_room.apply([delivery("dough", 5, "key")])

    (known,) = await store.stock_room.apply([delivery("dough", 9, "key")])

    assert known == delivery("dough", 5, "key")
    assert (await store.stock_room.levels())["dough"] == Level(on_hand=5)


async def test_less_than_nothing_is_refused_and_nothing_counts(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 5)])
    await reserved(room, {"dough": 2})

    with pytest.raises(NegativeStock) as refusal:
        await room.apply([delivery("basil", 7), delivery("dough", -4, "too-much")])

    assert (refusal.value.ingredient, refusal.value.available) == ("dough", 3)
    assert await room.levels() == {"dough": Level(on_hand=5, reserved=2)}
    await room.apply([delivery("dough", -3, "too-much")])
    assert (await room.levels())["dough"] == Level(on_hand=2, reserved=2)
    await check_books(room)


async def test_corrections_at_once_never_take_more_than_there_is(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 10)])

    answers = await asyncio.gather(
        *(room.apply([delivery("dough", -3, f"c{n}")]) for n in range(8)), return_exceptions=True
    )

    assert sum(isinstance(answer, NegativeStock) for answer in answers) == 5
    assert (await room.levels())["dough"] == Level(on_hand=1)
    await check_books(room)


async def test_an_order_that_is_cancelled_before_it_was_confirmed_frees_what_it_had(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 5)])
    order = await reserved(room, {"dough": 2})

    await give_back(room, order)
    await give_back(room, order)
    await deduct(room, order)

    assert (await room.levels())["dough"] == Level(on_hand=5)
    await check_books(room)


async def test_an_order_that_is_cancelled_uncooked_gives_back_what_it_had_taken(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 5)])
    order = await reserved(room, {"dough": 2})

    await deduct(room, order)
    await give_back(room, order)
    await give_back(room, order)
    await deduct(room, order)

    assert (await room.levels())["dough"] == Level(on_hand=5)
    kinds = [movement.kind for movement in await room.of_orders([order])]
    assert sorted(kinds) == [MovementKind.DEDUCTED, MovementKind.RESERVED, MovementKind.RETURNED]
    await check_books(room)


async def test_what_was_cooked_is_gone(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 5)])
    confirmed, unconfirmed = await reserved(room, {"dough": 2}), await reserved(room, {"dough": 1})

    await deduct(room, confirmed)
    for order in (confirmed, unconfirmed, confirmed):
        await give_back(room, order, cooked=True)

    assert (await room.levels())["dough"] == Level(on_hand=2)


async def test_a_late_deduction_and_a_late_release_of_one_reservation_do_not_both_count(open_store: OpenStore) -> None:
    async with open_store(LEASE_SECONDS) as first, open_store(LEASE_SECONDS) as second:
        await first.stock_room.apply([delivery("dough", 50)])
        orders = [await reserved(first.stock_room, {"dough": 2}) for _ in range(10)]
        histories = [await first.stock_room.of_orders([order]) for order in orders]

        await asyncio.gather(
            *(first.stock_room.apply(deductions(history, NOW)) for history in histories),
            *(second.stock_room.apply(givings_back(history, NOW, cooked=False)) for history in histories),
        )

        movements = await first.stock_room.of_orders(orders)
        deducted = sum(movement.kind is MovementKind.DEDUCTED for movement in movements)
        assert len(movements) == 20
        assert (await second.stock_room.levels())["dough"] == Level(on_hand=50 - 2 * deducted)
        await check_books(second.stock_room)


@pytest.mark.parametrize("seed", range(3))
async def test_levels_are_the_sum_of_the_ledger_after_any_mixture(open_store: OpenStore, seed: int) -> None:
    chance = random.Random(seed)
    ingredients = ["dough", "basil", "v1.5"]
    async with open_store(LEASE_SECONDS) as first, open_store(LEASE_SECONDS) as second:
        rooms = [first.stock_room, second.stock_room]
        orders: list[str] = []
        sent: list[Movement] = []

        async def step() -> None:
            room = chance.choice(rooms)
            match chance.randrange(6):
                case 0 | 1:
                    needs = {name: chance.randint(1, 3) for name in chance.sample(ingredients, chance.randint(1, 3))}
                    orders.append(await reserved(room, needs))
                case 2 if orders:
                    await deduct(room, *chance.sample(orders, min(len(orders), 4)))
                case 3 if orders:
                    await give_back(room, chance.choice(orders), cooked=chance.random() < 0.3)
                case 4 if sent:
                    await room.apply(chance.sample(sent, min(len(sent), 3)))
                case _:
                    made = delivery(chance.choice(ingredients), chance.choice([-4, -1, 3, 8]))
                    sent.append(made)
                    await room.apply([made])

        for _ in range(15):
            answers = await asyncio.gather(*(step() for _ in range(6)), return_exceptions=True)
            strange = [a for a in answers if a is not None and not isinstance(a, SoldOut | NegativeStock)]
            assert strange == []
        for room in rooms:
            await check_books(room)
        movements = await ledger(rooms[0])
        assert {movement.order_id for movement in movements if movement.order_id} == set(orders)


async def test_the_ledger_is_read_the_newest_first_page_by_page(store: Store) -> None:
    room = store.stock_room
    made = [delivery(f"i{n % 2}", 1, at=NOW + timedelta(seconds=n)) for n in range(7)]
    for movement in made:
        await room.apply([movement])

    whole: list[Movement] = []
    while page := await room.movements(ingredient=None, before=whole[-1].id if whole else None, limit=3):
        whole += page
    assert whole == made[::-1]
    assert await room.movements(ingredient="i1", before=made[5].id, limit=9) == [made[3], made[1]]
    assert await room.movements(ingredient=None, before="nothing", limit=9) == []


async def test_reservations_wait_to_be_seen(store: Store) -> None:
    room = store.stock_room
    await room.apply([delivery("dough", 5), delivery("basil", 5)])
    old, older, young = new_order_id(NOW), new_order_id(NOW), new_order_id(NOW)
    await room.reserve(old, {"dough": 1, "basil": 1}, NOW - timedelta(minutes=6))
    await room.reserve(older, {"dough": 1}, NOW - timedelta(minutes=9))
    await room.reserve(young, {"dough": 1}, NOW)
    horizon = NOW - timedelta(minutes=5)

    assert set(await room.unseen(horizon, 10)) == {old, older}
    await room.mark_seen([old])
    await room.mark_seen([old])
    assert await room.unseen(horizon, 10) == [older]
