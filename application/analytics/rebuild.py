"""Makes every fact anew from the event log, and all figures from the facts, while orders come and go."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

from application.analytics.facts import CustomerKeys, FactChange, FactEvent, Folded, OrderFact, fold
from application.analytics.keeper import RollUpKeeper
from application.ports import EventLog, OrderQueries
from application.ports.analytics import OrderFacts
from domain.errors import StoreUnavailable
from domain.events import OrderCancelledEvent, OrderCollectedEvent, OrderCustomerErasedEvent, OrderDeliveredEvent

PAGE = 1_000
#: How many finished orders' facts go into one write.
BATCH = 500
#: How often facts that are ahead of the log are looked at again, until it has what they have seen.
LAST_LOOKS = 50
PAUSE_SECONDS = 0.2
LAST_EVENTS = OrderDeliveredEvent | OrderCollectedEvent | OrderCancelledEvent

#: What is done, how much of it, of how much.
Report = Callable[[str, int, int], None]


class Rebuild:
    """A fact takes the place of the one that is kept, unless that has seen more than the log: then it waits for the
    log. So what the service writes meanwhile is never lost. What is no order's is removed."""

    def __init__(
        self,
        facts: OrderFacts,
        log: EventLog,
        orders: OrderQueries,
        *,
        keys: CustomerKeys,
        keeper: RollUpKeeper,
        looks: int = LAST_LOOKS,
    ) -> None:
        self._facts = facts
        self._log = log
        self._orders = orders
        self._keys = keys
        self._keeper = keeper
        self._looks = looks
        self._generation = uuid4().hex
        self._under_way: dict[str, Folded] = {}
        self._finished: list[OrderFact] = []
        self._erased: list[OrderFact | FactChange] = []
        self._made = 0

    async def run(self, report: Report) -> int:
        """Returns how many facts were made. Raises `StoreUnavailable`; run it again then."""
        await self._read_log(report)
        await self._settle_others(report)
        await self._keeper.mark_all()
        await self._keeper.refresh_all(report=lambda done, total: report("Adding up", done, total))
        return self._made

    async def _read_log(self, report: Report) -> None:
        end = await self._log.last_position()
        position = 0
        while page := await self._log.after(position, PAGE):
            for logged in page:
                if isinstance(logged.event, FactEvent):
                    self._take(logged.event)
            position = page[-1].position
            report("Reading events", position, max(end, position))
            if len(self._finished) >= BATCH:
                await self._write()
        for folded in self._under_way.values():
            self._finish(folded)
        await self._write()
        for start in range(0, len(self._erased), BATCH):
            await self._facts.apply(self._erased[start : start + BATCH])

    def _take(self, event: FactEvent) -> None:
        """Most orders are over soon after they were placed: few are held at a time. Only what is over is erased."""
        if isinstance(event, OrderCustomerErasedEvent):
            self._erased += fold([event], self._keys)
            return
        folded = self._under_way.setdefault(event.aggregate_id, Folded(event.aggregate_id))
        folded.take(event, self._keys)
        if isinstance(event, LAST_EVENTS):
            self._finish(self._under_way.pop(event.aggregate_id))

    def _finish(self, folded: Folded) -> None:
        fact = folded.result()
        if isinstance(fact, OrderFact):
            self._finished.append(fact)

    async def _write(self) -> None:
        finished, self._finished = self._finished, []
        for start in range(0, len(finished), BATCH):
            await self._facts.apply(finished[start : start + BATCH], generation=self._generation)
        self._made += len(finished)

    async def _settle_others(self, report: Report) -> None:
        """Facts that are not of this generation: ahead of the log, or of no order. One that appears only now is the
        service's, and right."""
        wanted = await self._look_at_others(None)
        for look in range(self._looks):
            wanted = await self._look_at_others(wanted) if wanted else wanted
            if not wanted:
                return
            report("Waiting for the log", look, self._looks)
            await asyncio.sleep(PAUSE_SECONDS)
        raise StoreUnavailable("The event log is behind the facts: the audit trail's handler may be paused or parked.")

    async def _look_at_others(self, wanted: set[str] | None) -> set[str]:
        """Make anew those that are still of another generation, of the wanted ones (None: all); returns which."""
        found: set[str] = set()
        after = ""
        while page := await self._facts.others(self._generation, after=after, limit=PAGE):
            after = page[-1][0]
            ours = {order_id: version for order_id, version in page if wanted is None or order_id in wanted}
            for order_id, version in ours.items():
                await self._settle(order_id, version)
            found |= ours.keys()
        return found

    async def _settle(self, order_id: str, version: int) -> None:
        """Where the log knows as much as the fact; the next look shows whether the fact has moved on meanwhile."""
        if await self._orders.get(order_id) is None:
            await self._facts.remove([order_id])
            return
        folded = Folded(order_id)
        for logged in await self._log.of_aggregate(order_id):
            if isinstance(logged.event, FactEvent):
                folded.take(logged.event, self._keys)
        fact = folded.result()
        if folded.version >= version and isinstance(fact, OrderFact):
            await self._facts.apply([fact], generation=self._generation)
