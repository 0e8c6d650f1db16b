"""Where analytics is kept: a fact about each order, and figures rolled up from them by local hour, day and month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from application.analytics.calendar import Level
from application.analytics.facts import FactChange, OrderFact
from application.analytics.figures import Figures, Parts

F = TypeVar("F", bound=Figures)


class OrderFacts(Protocol):
    """One fact per order. Whatever changes one marks its hour, for whoever keeps the roll-ups. Raises
    `StoreUnavailable`."""

    async def apply(self, changes: Sequence[OrderFact | FactChange], *, generation: str = "") -> None:
        """Write whole facts where none is ahead of them, and changes to those that are behind; no order twice.

        A mark is on disk once a fact is, or the call raises: then it is to be made again. `generation` is noted on
        whole facts.
        """
        ...

    async def between(self, start: datetime, end: datetime) -> list[OrderFact]:
        """Of orders placed at or after `start` and before `end`, in no order."""
        ...

    async def first_after(self, moment: datetime) -> datetime | None:
        """When the first order at or after a moment was placed."""
        ...

    async def others(self, generation: str, *, after: str, limit: int) -> list[tuple[str, int]]:
        """Ids and versions of facts that are not of this generation, ids above `after`, in the order of ids."""
        ...

    async def remove(self, order_ids: Sequence[str]) -> None:
        """Forget facts, and mark their hours."""
        ...


class Mark(NamedTuple):
    """An hour (UTC) whose facts have changed since they were rolled up; a later change gives it another token."""

    hour: datetime
    token: str


class BlockId(NamedTuple):
    """A span of time that is rolled up, in the time zone that the roll-ups are for."""

    level: Level
    start: datetime


@dataclass(frozen=True, slots=True)
class Block:
    id: BlockId
    parts: Parts


class RollUps(Protocol):
    """Figures of local hours, days and months, and which of them are behind. Raises `StoreUnavailable`."""

    async def zone(self) -> str | None:
        """The time zone that they are for; None where they have never been made."""
        ...

    async def set_zone(self, zone: str) -> None:
        """From now on they are for this one; those of others are dropped."""
        ...

    async def mark(self, hours: Sequence[datetime]) -> None:
        """Note that these hours (UTC) are behind."""
        ...

    async def marks(self, start: datetime, end: datetime, *, limit: int) -> list[Mark]:
        """Hours behind that begin at or after `start` and before `end`, the earliest first."""
        ...

    async def clear(self, marks: Sequence[Mark]) -> None:
        """Drop marks, but for those that were set anew since they were read."""
        ...

    async def tokens(self, zone: str, ids: Sequence[BlockId]) -> dict[BlockId, str]:
        """Which of these blocks there are, each with the token of its last write."""
        ...

    async def blocks(self, zone: str, level: Level, start: datetime, end: datetime) -> list[Block]:
        """Whole blocks of a level that begin at or after `start` and before `end`, in the order of time."""
        ...

    async def figures(
        self, zone: str, level: Level, start: datetime, end: datetime, part: type[F]
    ) -> list[tuple[datetime, dict[str, F]]]:
        """One part of the same blocks, by currency."""
        ...

    async def write(self, zone: str, blocks: Sequence[Block], seen: Mapping[BlockId, str]) -> bool:
        """Write blocks, each where its token still is the one that was `seen` (or there is none): hours before days
        before months. False where somebody else wrote one meanwhile, and then any of them may be unwritten."""
        ...

    async def first_month(self, zone: str, moment: datetime) -> datetime | None:
        """Where the first rolled-up month begins that does so at or after a moment."""
        ...
