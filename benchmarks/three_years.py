"""Orders of three years as analytics keeps them: a fact about each, and what they add up to."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from app.bootstrap import build_store
from app.parts import make_keeper
from app.settings import Settings
from application.analytics.calendar import Level, utc_hour
from application.analytics.facts import FactChange, FactLine, OrderFact
from application.analytics.keeper import RollUpKeeper
from application.ports.analytics import OrderFacts
from application.store import Store
from domain.identity import IdSource
from infrastructure.mongo.store import MongoStore
from infrastructure.serialization import to_document

FIRST = datetime(2023, 1, 1, tzinfo=UTC)
DAYS = 3 * 365
CUSTOMERS, PIZZAS, DRIVERS = 50_000, 32, 12
BATCH = 2_000


async def fill(url: str, orders: int) -> None:
    """Facts as the handler would have written them, rolled up by the service's own keeper."""
    settings = Settings(database_url=url)
    store = build_store(settings, lambda *_: None)
    await store.open()
    try:
        keeper = make_keeper(settings, store)
        await keeper.adopt_zone()
        calendar = keeper.calendar
        for _, of_month in groupby(facts(orders), lambda fact: calendar.floor(Level.MONTH, fact.placed_at)):
            month = list(of_month)
            await _write(store, month)
            await RollUpKeeper(Remembered(month), store.roll_ups, calendar).refresh_all()
    finally:
        await store.close()


class Remembered(OrderFacts):
    """The facts that were just written, so that they need not be read back."""

    def __init__(self, known: Sequence[OrderFact]) -> None:
        self._known = known

    async def between(self, start: datetime, end: datetime) -> list[OrderFact]:
        return [fact for fact in self._known if start <= fact.placed_at < end]

    async def apply(self, changes: Sequence[OrderFact | FactChange], *, generation: str = "") -> None:
        raise NotImplementedError

    async def first_after(self, moment: datetime) -> datetime | None:
        raise NotImplementedError

    async def others(self, generation: str, *, after: str, limit: int) -> list[tuple[str, int]]:
        raise NotImplementedError

    async def remove(self, order_ids: Sequence[str]) -> None:
        raise NotImplementedError


async def _write(store: Store, facts_: Sequence[OrderFact]) -> None:
    for start in range(0, len(facts_), BATCH):
        batch = facts_[start : start + BATCH]
        if isinstance(store, MongoStore):  # one by one they would take half an hour
            documents = [to_document(fact) for fact in batch]
            ready = [{"_id": each.pop("order_id"), **each, "generation": ""} for each in documents]
            await store.database["order_facts"].insert_many(ready, ordered=False)
        else:
            await store.order_facts.apply(batch)
    await store.roll_ups.mark(sorted({utc_hour(fact.placed_at) for fact in facts_}))


def facts(orders: int) -> Iterator[OrderFact]:
    """By day, most in the evening."""
    chance = random.Random(1)
    ids = IdSource("benchmark")
    step = timedelta(days=DAYS) / orders
    for n in range(orders):
        day = (FIRST + step * n).replace(hour=0, minute=0, second=0, microsecond=0)
        at = day + timedelta(milliseconds=int(chance.triangular(10, 24, 19) * 3_600_000) % 86_400_000)
        lines = tuple(_line(chance) for _ in range(chance.choice((1, 1, 2, 3))))
        confirmed = at + timedelta(seconds=chance.randint(5, 60))
        cooking = confirmed + timedelta(seconds=int(chance.expovariate(1 / 240)))
        ready = cooking + timedelta(seconds=int(chance.gauss(720, 120)))
        delivered = n % 2 == 0
        yield OrderFact(
            order_id=ids.at(at, n),
            version=6,
            placed_at=at,
            status="cancelled" if n % 40 == 0 else "delivered" if delivered else "collected",
            fulfilment="delivery" if delivered else "pickup",
            currency="EUR",
            total_amount=sum(line.amount for line in lines),
            pizza_count=sum(line.quantity for line in lines),
            lines=lines,
            customer=f"{chance.randrange(CUSTOMERS) * 0x9E3779B97F4A7C15 % 2**60:015x}",
            confirmed_at=confirmed,
            estimated_ready_at=confirmed + timedelta(minutes=12),
            cooking_at=cooking,
            ready_at=ready,
            dispatched_at=ready if delivered else None,
            finished_at=ready + timedelta(seconds=chance.randint(300, 2_400)),
            cook="Luigi",
            carrier=f"driver-{chance.randrange(DRIVERS)}" if delivered else None,
        )


def _line(chance: random.Random) -> FactLine:
    quantity = chance.choice((1, 1, 1, 2))
    return FactLine(f"pizza-{chance.randrange(PIZZAS)}", chance.choice("SML"), quantity, 1_300 * quantity)
