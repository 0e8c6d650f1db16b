"""Takes the orders of a file in, some hundred at a time."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.importing.parsing import Defaults, parse_order
from app.importing.rows import BrokenRow, Row
from application.analytics.facts import CustomerKeys
from application.importing import take_through
from application.ports.history import OrderHistory, PastOrder
from domain.errors import DomainError

#: How many orders go into one write.
BATCH = 500


@dataclass(slots=True)
class Count:
    """How it went. `broken` counts rows."""

    new: int = 0
    known: int = 0
    broken: int = 0


class Importer:
    """`complain` hears of each broken row. Call `flush` at the end."""

    def __init__(
        self,
        history: OrderHistory,
        keys: CustomerKeys,
        *,
        defaults: Defaults,
        cooking_time: timedelta,
        tell: Collection[str],
        complain: Callable[[BrokenRow], None],
    ) -> None:
        self._history = history
        self._keys = keys
        self._defaults = defaults
        self._cooking_time = cooking_time
        self._tell = tell
        self._complain = complain
        self._waiting: list[PastOrder] = []
        #: Of the external ids that came, so that rows of one order that do not stand together are noticed.
        self._seen: set[int] = set()
        self.count = Count()

    async def take(self, group: Sequence[Row | BrokenRow]) -> None:
        """One order. Raises `StoreUnavailable`."""
        made = self._made(group)
        if isinstance(made, PastOrder):
            self._waiting.append(made)
            if len(self._waiting) >= BATCH:
                await self.flush()
            return
        self.count.broken += len(made)
        for row in made:
            self._complain(row)

    async def flush(self) -> None:
        """Write what waits. Raises `StoreUnavailable`."""
        if not self._waiting:
            return
        written = await self._history.add(self._waiting, tell=self._tell)
        self._waiting = []
        self.count.new += sum(written)
        self.count.known += len(written) - sum(written)

    def _made(self, group: Sequence[Row | BrokenRow]) -> PastOrder | list[BrokenRow]:
        rows = [row for row in group if isinstance(row, Row)]
        broken = [row for row in group if isinstance(row, BrokenRow)]
        name = hash(group[0].external_id)
        if rows and name in self._seen:
            reason = f"external_id: '{rows[0].external_id}' came before; the rows of an order stand together"
            return [*broken, *(BrokenRow(row.number, reason) for row in rows)]
        self._seen.add(name)
        if broken:
            return broken
        parsed = parse_order(rows, self._defaults)
        if isinstance(parsed, list):
            return parsed
        try:
            return take_through(parsed, self._cooking_time, self._keys)
        except DomainError as refusal:
            return [BrokenRow(rows[0].number, str(refusal))]
