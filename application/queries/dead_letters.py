"""Reading what is parked."""

from collections.abc import Mapping
from dataclasses import dataclass

from application.dispatch.outbox import DeadLetter, Outbox
from application.mediator import Query


@dataclass(frozen=True, slots=True)
class ListDeadLettersQuery(Query[list[DeadLetter]]):
    """`after` is the id of the last dead letter of the page before."""

    limit: int
    after: str | None = None


class ListDeadLettersQueryHandler:
    def __init__(self, outboxes: Mapping[str, Outbox]) -> None:
        self._outboxes = outboxes

    async def handle(self, query: ListDeadLettersQuery) -> list[DeadLetter]:
        """Kind by kind, since each outbox knows no more than its own order. Raises `StoreUnavailable`."""
        kinds, after = list(self._outboxes), query.after
        reached = after.partition(":")[0] if after else ""
        if reached in kinds:
            kinds = kinds[kinds.index(reached) :]
        found: list[DeadLetter] = []
        for kind in kinds:
            if len(found) < query.limit:
                behind = after if kind == reached else None
                found += await self._outboxes[kind].dead_letters(query.limit - len(found), behind)
        return found
