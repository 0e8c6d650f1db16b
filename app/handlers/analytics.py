"""What the orders add up to."""

from app.parts import Parts
from application.analytics.reader import FiguresReader
from application.mediator import Mediator
from application.queries.analytics import SUM_QUERIES, GetSeriesQuery, GetSeriesQueryHandler, SumQueryHandler


def register(mediator: Mediator, parts: Parts) -> None:
    store, keeper = parts.store, parts.roll_ups
    reader = FiguresReader(store.order_facts, store.roll_ups, keeper, keeper.calendar)
    for query in SUM_QUERIES:
        mediator.register(query, SumQueryHandler(reader))
    mediator.register(GetSeriesQuery, GetSeriesQueryHandler(reader))
