"""Figures of any range are those of its orders, whatever came late, twice, or at the same time."""

import asyncio
import itertools
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from application.analytics.calendar import Calendar, Level
from application.analytics.facts import FactChange, FactLine, OrderFact
from application.analytics.figures import Customers, KitchenTimes, Parts, Sales, Timeline, figures_of, parts_of
from application.analytics.keeper import FIRST, LAST, MOST_WITHIN_A_QUERY, RollUpKeeper
from application.analytics.reader import FiguresReader, Range
from application.ports.analytics import Block, BlockId
from application.store import Store
from domain.errors import FiguresBehind
from tests.contract.test_order_facts import NOON, a_fact

ROME = Calendar(ZoneInfo("Europe/Rome"), "Europe/Rome")
#: The clocks in Rome went forward on this day.
SPRING = datetime(2026, 3, 29, tzinfo=UTC)


def keeper_of(store: Store, calendar: Calendar = ROME) -> RollUpKeeper:
    return RollUpKeeper(store.order_facts, store.roll_ups, calendar)


def reader_of(store: Store, calendar: Calendar = ROME) -> FiguresReader:
    return FiguresReader(store.order_facts, store.roll_ups, keeper_of(store, calendar), calendar)


def many_facts(count: int, first: datetime, days: float, seed: int = 7) -> list[OrderFact]:
    """Orders of all kinds, some at the very edge of an hour."""
    chance = random.Random(seed)
    return [_any_fact(chance, n, first + timedelta(days=days * chance.random())) for n in range(count)]


def _any_fact(chance: random.Random, n: int, at: datetime) -> OrderFact:
    at = at.replace(microsecond=at.microsecond // 1000 * 1000)
    if n % 10 == 0:
        at = at.replace(minute=0, second=0, microsecond=0)
    lines = tuple(
        FactLine(chance.choice(("margherita", "diavola")), chance.choice("SML"), quantity, 1000 * quantity)
        for quantity in (chance.randint(1, 3) for _ in range(chance.randint(1, 3)))
    )
    confirmed = at + timedelta(seconds=chance.randint(5, 90))
    cooking = confirmed + timedelta(milliseconds=chance.randint(0, 900_000))
    return a_fact(
        f"order-{n:06}",
        at=at,
        version=6,
        status=chance.choice(("delivered", "delivered", "collected", "cancelled")),
        fulfilment=chance.choice(("delivery", "pickup")),
        currency="EUR" if n % 50 else "USD",
        total_amount=sum(line.amount for line in lines) - chance.choice((0, 0, 100)),
        pizza_count=sum(line.quantity for line in lines),
        lines=lines,
        customer=None if n % 7 == 0 else f"{chance.randint(1, 40):016x}",
        confirmed_at=confirmed,
        estimated_ready_at=confirmed + timedelta(minutes=12),
        cooking_at=cooking,
        ready_at=cooking + timedelta(seconds=chance.randint(60, 7_200)),
        carrier=chance.choice(("Gina", "Express", None)),
    )


async def assert_told(store: Store, facts: Iterable[OrderFact], within: Range, calendar: Calendar = ROME) -> None:
    """All figures of the range are as they are when its orders are simply counted, one after the other."""
    if await keeper_of(store, calendar).adopt_zone():
        await keeper_of(store, calendar).refresh_all()
    start, end = within.start or FIRST, within.end or LAST
    chosen = [fact for fact in facts if start <= fact.placed_at < end]
    for part in (Timeline, Sales, KitchenTimes, Customers):
        told: dict[str, object] = {}
        for piece in await reader_of(store, calendar).read(within, part):
            for currency, figures in piece.figures.items():
                told.setdefault(currency, part()).add(figures, piece.start)  # type: ignore[attr-defined]
        counted: dict[str, object] = {}
        for fact in sorted(chosen, key=lambda each: each.placed_at):
            alone = figures_of([fact], calendar.weekly_hour(fact.placed_at), part)
            counted.setdefault(fact.currency, part()).add(alone[fact.currency], fact.placed_at)  # type: ignore[attr-defined]
        for made in (*told.values(), *counted.values()):
            if isinstance(made, Timeline):
                made.points.clear()
        assert told == counted


@pytest.mark.parametrize("zone", ["Europe/Rome", "Asia/Kathmandu"])
async def test_the_figures_of_any_range_are_those_of_its_orders(store: Store, zone: str) -> None:
    calendar = Calendar(ZoneInfo(zone), zone)
    first = SPRING - timedelta(days=3)
    facts = many_facts(300, first, 40)
    await store.order_facts.apply(facts)
    chance = random.Random(11)

    ends = [first + timedelta(seconds=chance.randint(0, 41 * 86_400)) for _ in range(8)]
    ranges = [(None, None), (None, ends[0]), (ends[0], None), (ends[0], ends[0] + timedelta(minutes=3))]
    ranges += [(min(pair), max(pair)) for pair in zip(ends[::2], ends[1::2], strict=True)]
    for start, end in ranges:
        await assert_told(store, facts, Range(start=start, end=end), calendar)


async def test_customers_of_many_months_are_those_of_their_orders_also_after_late_changes(store: Store) -> None:
    facts = {fact.order_id: fact for fact in many_facts(120, NOON, 300)}
    await store.order_facts.apply(list(facts.values()))
    within = Range(start=NOON + timedelta(days=40), end=NOON + timedelta(days=260))
    for chosen in (Range(), within):
        await assert_told(store, facts.values(), chosen)

    for order_id in (min(facts, key=lambda each: facts[each].placed_at), max(facts)):
        await store.order_facts.apply([FactChange(order_id=order_id, version=7, changed={"status": "cancelled"})])
        for chosen in (Range(), within):
            await assert_told(store, await store.order_facts.between(FIRST, LAST), chosen)


async def test_what_a_reader_remembers_of_a_month_is_not_told_once_that_has_changed(store: Store) -> None:
    facts = {fact.order_id: fact for fact in many_facts(120, NOON, 300) if fact.currency == "EUR"}
    await store.order_facts.apply(list(facts.values()))
    await keeper_of(store).refresh_all()
    reader = reader_of(store)
    within = Range(start=NOON + timedelta(days=100))

    async def bought() -> dict[int, int]:
        total = Customers()
        for piece in await reader.read(within, Customers):
            total.add(piece.figures["EUR"], piece.start)
        return total.sums

    def counted() -> dict[int, int]:
        chosen = [fact for fact in facts.values() if within.start and fact.placed_at >= within.start]
        return figures_of(chosen, 0, Customers)["EUR"].sums

    assert await bought() == await bought() == counted()
    for fact in list(facts.values())[::9]:
        change = FactChange(order_id=fact.order_id, version=7, changed={"status": "cancelled"})
        await store.order_facts.apply([change])
        facts[fact.order_id] = replace(fact, version=7, status="cancelled")
    assert await bought() == await bought() == counted()


async def test_who_was_erased_is_in_no_sum_any_more_once_the_background_has_come_round(store: Store) -> None:
    facts = many_facts(120, NOON, 300)
    await store.order_facts.apply(facts)
    await keeper_of(store).refresh_all()
    gone = next(fact.customer for fact in facts if fact.customer)
    assert int(gone, 16) in await summed_up(store)

    orders = [fact.order_id for fact in facts if fact.customer == gone]
    await store.order_facts.apply([FactChange(order_id=id_, version=7, changed={"customer": None}) for id_ in orders])
    await keeper_of(store).refresh_all()

    assert int(gone, 16) not in await summed_up(store)
    await assert_told(store, await store.order_facts.between(FIRST, LAST), Range())


async def summed_up(store: Store) -> set[int]:
    """The customers in any of the sums up to a month, which are kept without anybody's asking."""
    told = await store.roll_ups.figures(ROME.name, Level.UNTIL, FIRST, LAST, Customers)
    return {key for sum_ in told for customers in sum_.figures.values() for key in customers.sums}


async def test_what_changes_later_counts_as_it_is_now(store: Store) -> None:
    facts = {fact.order_id: fact for fact in many_facts(60, NOON, 2)}
    await store.order_facts.apply(list(facts.values()))
    await assert_told(store, facts.values(), Range())

    changes = [
        FactChange(order_id=order_id, version=7, changed={"status": "cancelled"}) for order_id in list(facts)[::2]
    ]
    await store.order_facts.apply(changes)
    await store.order_facts.apply(changes)
    now = await store.order_facts.between(FIRST, LAST)

    assert sum(fact.status == "cancelled" for fact in now) >= len(changes)
    await assert_told(store, now, Range())


async def test_a_repeat_however_late_counts_once(store: Store) -> None:
    facts = many_facts(40, NOON, 1)
    await store.order_facts.apply(facts)
    await assert_told(store, facts, Range())

    for _ in range(3):
        await store.order_facts.apply(facts)
        await store.order_facts.apply([a_fact(fact.order_id, at=fact.placed_at) for fact in facts])
        await assert_told(store, facts, Range())


async def test_several_who_refresh_while_orders_come_lose_nothing(store: Store) -> None:
    facts = many_facts(300, NOON, 0.2)
    keepers = [keeper_of(store) for _ in range(4)]
    await keepers[0].adopt_zone()
    going = True

    async def refresh(keeper: RollUpKeeper) -> None:
        while going:
            await keeper.refresh(FIRST, LAST)
            await asyncio.sleep(0)

    refreshing = [asyncio.create_task(refresh(keeper)) for keeper in keepers]
    for n in range(0, len(facts), 20):
        await store.order_facts.apply(facts[n : n + 20])
    going = False
    await asyncio.gather(*refreshing)

    await assert_told(store, facts, Range())
    assert await store.roll_ups.marks(FIRST, LAST, limit=10) == []


async def test_who_made_a_block_of_older_facts_does_not_write_it(store: Store) -> None:
    id_ = BlockId(Level.HOUR, NOON)
    roll_ups = store.roll_ups
    parts = {name: _parts(name) for name in ("first", "second", "late")}

    assert await roll_ups.write("UTC", [Block(id_, parts["first"], "1")], {})
    seen = await roll_ups.tokens("UTC", [id_])
    assert await roll_ups.write("UTC", [Block(id_, parts["second"], "2")], seen)

    assert not await roll_ups.write("UTC", [Block(id_, parts["late"], "3")], seen)
    assert not await roll_ups.write("UTC", [Block(id_, parts["late"], "3")], {})
    (kept,) = await roll_ups.blocks("UTC", Level.HOUR, NOON, NOON + timedelta(hours=1))
    assert kept.parts == parts["second"]


async def test_another_time_zone_makes_the_figures_anew(store: Store) -> None:
    facts = many_facts(80, NOON, 3)
    await store.order_facts.apply(facts)
    await assert_told(store, facts, Range())

    tokyo = Calendar(ZoneInfo("Asia/Tokyo"), "Asia/Tokyo")
    await keeper_of(store, tokyo).adopt_zone()
    await keeper_of(store, tokyo).refresh_all()
    await assert_told(store, facts, Range(), tokyo)
    assert await store.roll_ups.blocks("Europe/Rome", Level.DAY, FIRST, LAST) == []


async def test_a_query_refuses_to_make_a_year_anew(store: Store) -> None:
    await keeper_of(store).adopt_zone()
    await store.roll_ups.mark([NOON + timedelta(hours=n) for n in range(MOST_WITHIN_A_QUERY + 1)])

    with pytest.raises(FiguresBehind) as refusal:
        await keeper_of(store).refresh(FIRST, LAST)
    assert refusal.value.retry_after > 0
    await keeper_of(store).refresh_all()
    await keeper_of(store).refresh(FIRST, LAST)


def _parts(pizza: str) -> Parts:
    return parts_of([a_fact("a", lines=(FactLine(pizza, "S", 1, 100),))], 0)


def test_a_range_is_covered_once_and_whole() -> None:
    chance = random.Random(3)
    for _ in range(200):
        start = SPRING + timedelta(seconds=chance.randint(-(10**7), 10**7))
        end = start + timedelta(seconds=chance.randint(0, 10**7))
        spans = ROME.split(start, end)
        edges = [start, *(span.end for span in spans)]
        assert [span.start for span in spans] == edges[:-1]
        assert edges[-1] == end or (start == end and not spans)
        for span in spans:
            if span.level:
                assert ROME.floor(span.level, span.start) == span.start
                assert ROME.floor(span.level, span.end) == span.end
            else:
                assert span.end - span.start < timedelta(hours=2)


def test_every_moment_is_in_one_hour_even_where_the_clocks_change_within_it() -> None:
    calendar = Calendar(ZoneInfo("Australia/Lord_Howe"), "Australia/Lord_Howe")
    moment = datetime(2026, 4, 4, 10, tzinfo=UTC)  # half an hour is repeated some hours later
    hours = [calendar.floor(Level.HOUR, moment)]
    while hours[-1] < moment + timedelta(hours=10):
        hours.append(calendar.next(Level.HOUR, hours[-1]))
    lengths = [later - earlier for earlier, later in itertools.pairwise(hours)]

    assert lengths.count(timedelta(minutes=30)) == 1
    assert set(lengths) == {timedelta(minutes=30), timedelta(hours=1)}
    for hour, after in itertools.pairwise(hours):
        assert calendar.floor(Level.HOUR, hour) == hour
        assert calendar.floor(Level.HOUR, after - timedelta(milliseconds=1)) == hour


def test_a_day_of_the_clock_change_has_its_own_hours() -> None:
    day = ROME.floor(Level.DAY, SPRING)
    assert ROME.next(Level.DAY, day) - day == timedelta(hours=23)
    autumn = ROME.floor(Level.DAY, datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert ROME.next(Level.DAY, autumn) - autumn == timedelta(hours=25)
    twice = [ROME.floor(Level.HOUR, autumn + timedelta(hours=n, minutes=30)) for n in (2, 3)]
    assert twice[1] - twice[0] == timedelta(hours=1)
    assert ROME.weekly_hour(twice[0]) == ROME.weekly_hour(twice[1])
