"""What must hold after every step, and at the end of every run, however it went."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant

from application.dispatch.active import ActiveClaim
from application.dispatch.outbox import Claim, DeadLetterId
from domain.events import DomainEvent
from domain.order import Order
from tests.model.model import ORDERED, SLACK, About, ModelOrder, Moment, Window, handlers_of, to_ms
from tests.model.replicas import Held, Replica, World, now_ms
from tests.model.shelf import Row

T = TypeVar("T")

HOUR = 3_600_000


class DeliveryChecks(RuleBasedStateMachine):
    """What every run starts with, looks at and ends with. `delivery_machine` has the steps."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.orders: dict[str, ModelOrder] = {}
        #: Orders that somebody has loaded, each with the version that it was loaded at.
        self.loaded: list[tuple[Replica, Order]] = []
        self.delivered: dict[tuple[str, str], set[str]] = defaultdict(set)
        self.discarded: set[tuple[str, str]] = set()
        self.tokens: set[str] = set()
        self._begun = False
        # Moments that have passed, each later than the one before: what came due first is known.
        self._past = now_ms() - 24 * HOUR
        world.shelf.wipe()
        for replica in world.replicas:
            replica.forget()

    # What must hold

    @invariant()
    def the_store_holds_what_the_model_says(self) -> None:
        self.world.steps += self._begun
        self._begun = True
        rows = self.world.shelf.read()
        assert rows.keys() == self.orders.keys()
        for order_id, row in rows.items():
            self._compare(self.orders[order_id], row)

    def _compare(self, order: ModelOrder, row: Row) -> None:
        assert (row.version, row.status) == (order.version, order.status)
        assert [(event_id, version) for event_id, version, _ in row.pending] == [
            (entry.event.event_id, entry.event.aggregate_version) for entry in order.entries
        ]
        assert [tasks for _, _, tasks in row.pending] == [entry.tasks for entry in order.entries]
        assert row.lease == (order.holder.token if order.holder else None)
        assert row.parked == order.parked
        due_now = isinstance(order.due, Window) and order.holder is None
        order.due = _agreed(order.due, row.due)
        order.since = _agreed(order.since, row.since)
        if order.holder and order.lane is None:
            assert row.lane is not None
            order.lane = row.lane
        assert row.lane == order.lane
        if due_now:  # no clock's last millisecond is to decide who may claim it
            order.due = self._moment_past()
            self.world.shelf.set_due(order.id, order.due)

    def teardown(self) -> None:
        if sys.exc_info()[0] is None:  # otherwise it has failed already
            self._drain()

    def _drain(self) -> None:
        """Let everything expire; then one replica alone delivers all that was ever raised."""
        replica = self.world.replicas[self.world.drained % 3]
        for order in self.orders.values():
            if order.due is not None:
                self.world.shelf.pass_time(order.id, self._moment_past())
            for version, handler in parked(order):
                self._run(replica.redrive(str(DeadLetterId("order", order.id, version, handler))))
        self._run(replica.drain(lambda handler, event: self._deliver(handler, [event])))
        for order_id, row in self.world.shelf.read().items():
            order = self.orders[order_id]
            assert row == Row(order.version, order.status, [], None, None, None, None, None)
        for order in self.orders.values():
            for event in order.history:
                for handler in handlers_of(event):
                    assert self._is_done(handler, event), f"{handler} never got {event}"
        self.world.drained += 1

    # Helpers

    def _deliver(self, handler: str, events: list[DomainEvent]) -> None:
        """A handler gets events: again, maybe, but none before an earlier one of the same order."""
        for event in events:
            for earlier in self.orders[event.aggregate_id].history if ORDERED[handler] else ():
                if earlier.aggregate_version < event.aggregate_version and handler in handlers_of(earlier):
                    assert self._is_done(handler, earlier), f"{handler} got {event} before {earlier}"
            self.delivered[event.aggregate_id, handler].add(event.event_id)

    def _is_done(self, handler: str, event: DomainEvent) -> bool:
        gone = (handler, event.event_id) in self.discarded
        return gone or event.event_id in self.delivered[event.aggregate_id, handler]

    def _hold(self, replica: Replica, claim: Claim, begun: int, lease_seconds: float | None = None) -> None:
        assert claim.token not in self.tokens
        self.tokens.add(claim.token)
        model = self.orders[claim.aggregate_id].claim(
            claim.token, self._lease(lease_seconds or replica.lease_seconds, begun)
        )
        held = Held(ActiveClaim(claim), model)
        held.check()
        replica.take_in(held)
        replica.held.append(held)

    @staticmethod
    def _lease(seconds: float, begun: int) -> Window:
        length = int(seconds * 1000)
        return Window(begun + length - SLACK, now_ms() + length + SLACK)

    @staticmethod
    def _forget(replica: Replica, held: Held, *, keep: bool) -> None:
        if not keep:
            replica.held.remove(held)

    def _all_held(self) -> list[tuple[Replica, Held]]:
        return [(replica, held) for replica in self.world.replicas for held in replica.held]

    def _lanes(self) -> list[str]:
        return sorted({"", *(order.lane for order in self.orders.values() if order.lane)})

    def _due(self, lane: str) -> list[str]:
        """What may be claimed of a lane, the longest due first."""
        in_lane = [order for order in self.orders.values() if order.lane == lane]
        due = [(order.due, order.id) for order in in_lane if isinstance(order.due, int) and order.due <= now_ms()]
        return [order_id for _, order_id in sorted(due)]

    def _aging(self) -> list[ModelOrder]:
        now = now_ms()
        return [order for order in self.orders.values() if isinstance(order.due, int) and order.due > now]

    def _free(self) -> list[ModelOrder]:
        now = now_ms()
        return [order for order in self.orders.values() if not order.is_held(now)]

    def _moment_past(self) -> int:
        self._past += 3 * SLACK
        return self._past

    def _run(self, step: Coroutine[Any, Any, Any]) -> Any:
        return self.world.run(step)

    @staticmethod
    async def _together(steps: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
        return await asyncio.gather(*steps)

    # What operators are told

    async def _look(self, at: Replica) -> None:
        lanes: dict[str | None, list[int]] = defaultdict(list)
        for order in self.orders.values():
            if order.due is not None and order.entries:
                assert isinstance(order.since, int)
                lanes[order.lane].append(order.since)
        told = {lane.lane: (lane.documents, About(to_ms(lane.oldest))) for lane in await at.outbox.backlog()}
        assert told == {lane: (len(since), min(since)) for lane, since in lanes.items()}
        letters = {(order.id, *letter) for order in self.orders.values() for letter in parked(order)}
        found = await at.outbox.dead_letters(100)
        assert {(f.event.aggregate_id, f.event.aggregate_version, f.handler) for f in found} == letters
        assert await at.outbox.count_dead_letters() == len({letter[0] for letter in letters})


def pick(options: Sequence[T], number: int) -> T:
    return options[number % len(options)]


def parked(order: ModelOrder) -> list[tuple[int, str]]:
    return [
        (entry.event.aggregate_version, handler)
        for entry in order.entries
        for handler, task in sorted((entry.tasks or {}).items())
        if task.parked is not None
    ]


def _agreed(expected: Moment | None, found: int | None) -> int | None:
    """What the store holds, where that is what the model expects."""
    if isinstance(expected, Window):
        assert found is not None
        assert expected.first <= found <= expected.last
    else:
        assert found == (None if expected is None else About(expected))
    return found


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
