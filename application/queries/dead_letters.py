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
        found: list[DeadLetter] = []
        for kind, outbox in self._outboxes.items():
            after = query.after if query.after and query.after.startswith(f"{kind}:") else None
            found += await outbox.dead_letters(query.limit, after)
        return sorted(found, key=lambda letter: letter.parked_at)[: query.limit]
