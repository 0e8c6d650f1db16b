"""The machine: any sequence of what replicas do to orders and their events, each step checked against the model."""

from datetime import timedelta
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from application.clock import utc_now
from application.dispatch.outbox import DeadLetterId, Outcome
from domain.errors import NotFound, VersionConflict
from domain.order import Order
from tests.builders import DELIVERY, PICKUP, an_order
from tests.model.delivery_checks import DeliveryChecks, moment, parked, pick
from tests.model.model import ORDERED, SLACK, Holding, ModelOrder, Task, Window
from tests.model.moves import make_moves
from tests.model.replicas import Held, Replica, a_failure, now_ms

T = TypeVar("T")

MOST_ORDERS = 5

REPLICAS = st.integers(0, 2)
#: Picks one of what there is, whatever their number.
PICKS = st.integers(0, 11)
HANDLERS = st.sampled_from(sorted(ORDERED))
#: Which of its open moves an order makes, one after another.
MOVES = st.lists(PICKS, max_size=3)
FAILURES = st.sampled_from(["stopped", "again", "later", "parked"])


class DeliveryMachine(DeliveryChecks):
    # Commands

    @precondition(lambda self: len(self.orders) < MOST_ORDERS)
    @rule(replica=REPLICAS, delivered=st.booleans(), moves=MOVES, room=st.booleans())
    def place(self, replica: int, delivered: bool, moves: list[int], room: bool) -> None:
        order = an_order(fulfilment=DELIVERY if delivered else PICKUP)
        make_moves(order, moves)
        self.orders[order.id] = ModelOrder(order.id, 0, "", [])
        at = self.world.replicas[replica]
        self._write(at, order, room)
        self.loaded = [*self.loaded[-5:], (at, order)]

    @precondition(lambda self: self.orders)
    @rule(replica=REPLICAS, order=PICKS)
    def load(self, replica: int, order: int) -> None:
        at = self.world.replicas[replica]
        loaded = self._run(at.store.orders.get(pick(list(self.orders), order)))
        model = self.orders[loaded.id]
        assert (loaded.version, loaded.state.status) == (model.version, model.status)
        self.loaded = [*self.loaded[-5:], (at, loaded)]

    @precondition(lambda self: self.loaded)
    @rule(which=PICKS, moves=MOVES, room=st.booleans(), overtaken_by=st.sampled_from([None, None, None, 0, 1, 2]))
    def save(self, which: int, moves: list[int], room: bool, overtaken_by: int | None) -> None:
        """`overtaken_by`: a replica that changes the same order just before."""
        replica, order = pick(self.loaded, which)
        if overtaken_by is not None:
            other = self.world.replicas[overtaken_by]
            theirs = self._run(other.store.orders.get(order.id))
            make_moves(theirs, [len(moves)])
            self._write(other, theirs, room)
        make_moves(order, moves)
        if order.version == self.orders[order.id].version:
            self._write(replica, order, room)
        else:
            self.loaded.remove((replica, order))
            self._refuse(replica, order)

    def _refuse(self, replica: Replica, order: Order) -> None:
        self.world.refused += 1
        try:
            self._run(replica.store.orders.save(order))
        except VersionConflict:
            return
        raise AssertionError("a stale save went through")

    def _write(self, replica: Replica, order: Order, room: bool) -> None:
        model = self.orders[order.id]
        replica.deliveries.free = int(room)
        raised, version, was_free = list(order.raised), order.next_version, model.holder is None
        begun = now_ms()
        self._run(replica.store.orders.save(order) if model.version else replica.store.orders.add(order))
        model.save(version, order.state.status, raised, Window(begun - SLACK, now_ms() + SLACK))
        claims, notified = list(replica.deliveries.claims), list(replica.deliveries.notified)
        replica.deliveries.claims.clear()
        replica.deliveries.notified.clear()
        assert len(claims) == bool(raised and room and was_free)
        assert not raised or claims or was_free or notified == [("order", order.id)]
        for claim in claims:
            self._hold(replica, claim, begun)

    # Claims

    @rule(replica=REPLICAS, lane=PICKS, limit=st.integers(1, 4))
    def claim_due(self, replica: int, lane: int, limit: int) -> None:
        at, chosen, begun = self.world.replicas[replica], pick(self._lanes(), lane), now_ms()
        claims = self._run(at.outbox.claim_due(chosen, limit))
        assert [claim.aggregate_id for claim in claims] == self._due(chosen)[:limit]
        for claim in claims:
            self._hold(at, claim, begun)

    @rule(first=REPLICAS, second=REPLICAS, lane=PICKS)
    def claim_in_a_race(self, first: int, second: int, lane: int) -> None:
        racing, chosen, begun = (first, second), pick(self._lanes(), lane), now_ms()
        due = self._due(chosen)
        rounds = self._run(self._together([self.world.replicas[r].outbox.claim_due(chosen, 10) for r in racing]))
        won = [
            (self.world.replicas[replica], claim)
            for replica, claims in zip(racing, rounds, strict=True)
            for claim in claims
        ]
        assert sorted(claim.aggregate_id for _, claim in won) == sorted(due)
        # Who won is what no program decides. So that each can be run again, the first goes on with all of them.
        for replica, claim in sorted(won, key=lambda pair: due.index(pair[1].aggregate_id)):
            self._hold(self.world.replicas[first], claim, begun, replica.lease_seconds)

    @precondition(lambda self: self.orders)
    @rule(replica=REPLICAS, order=PICKS)
    def take_for_repair(self, replica: int, order: int) -> None:
        at, model, begun = self.world.replicas[replica], pick(list(self.orders.values()), order), now_ms()
        claim = self._run(at.outbox.take_for_repair(model.id))
        assert (claim is None) == model.is_held(begun)
        if claim:
            self._hold(at, claim, begun)
            model.lane = None  # which one is the store's affair: it is swept either way

    @precondition(lambda self: self._all_held())
    @rule(which=PICKS, handler=HANDLERS, good=st.sampled_from([0, 0, 1, 2, 9]), failure=FAILURES)
    def work(self, which: int, handler: str, good: int, failure: str) -> None:
        """A handler runs, whether the lease has been lost meanwhile or not: it cannot know."""
        replica, held = pick(self._all_held(), which)
        job = held.active.next_job(replica.dispatcher.lanes[handler].handler)
        expected = held.model.deliverable(handler, now_ms())
        assert (job.events if job else []) == expected
        if job is None:
            return
        self._deliver(handler, expected[:good])
        attempts = 0 if good >= len(expected) else held.model.tasks_of(expected[good])[handler].attempts
        past, later = moment(self._moment_past()), utc_now() + timedelta(hours=1)
        held.note(job, good, a_failure(failure, attempts, past, later))

    @precondition(lambda self: self._all_held())
    @rule(which=PICKS, again=st.booleans())
    def finish(self, which: int, again: bool) -> None:
        """Every handler does all that it may, and the claim is acknowledged."""
        replica, held = pick(self._all_held(), which)
        for handler in ORDERED:
            job = held.active.next_job(replica.dispatcher.lanes[handler].handler)
            if job:
                self._deliver(handler, job.events)
                held.note(job, len(job.events), None)
        self._settle(replica, [held], renewed=False, again=again)

    @precondition(lambda self: self._all_held())
    @rule(replica=REPLICAS, skip=PICKS)
    def renew(self, replica: int, skip: int) -> None:
        at, begun = self.world.replicas[replica], now_ms()
        batch = [held for index, held in enumerate(at.newest()) if index != skip]
        if batch:
            self._renew(at, batch, begun)

    def _renew(self, at: Replica, batch: list[Held], begun: int) -> None:
        outcomes = self._run(at.outbox.renew([held.active.claim for held in batch]))
        for held, outcome in zip(batch, outcomes, strict=True):
            if not held.model.live:
                assert outcome is Outcome.LOST
                continue
            held.model.order.due = self._lease(at.lease_seconds, begun)
            self._expect_news(held, outcome, Outcome.DONE)

    # Acknowledgements

    @precondition(lambda self: self._all_held())
    @rule(which=PICKS, size=st.integers(1, 3), renewed=st.booleans(), again=st.booleans())
    def settle(self, which: int, size: int, renewed: bool, again: bool) -> None:
        """`renewed`: a renewal slips in between; `again`: it thinks it still holds what it has settled."""
        replica, first = pick(self._all_held(), which)
        others = [held for held in replica.newest() if held.model.order is not first.model.order]
        self._settle(replica, [first, *others[: size - 1]], renewed=renewed and first in replica.newest(), again=again)

    @precondition(lambda self: self._all_held())
    @rule(replica=REPLICAS)
    def hand_back(self, replica: int) -> None:
        """As on SIGTERM: whatever is not finished goes back."""
        at = self.world.replicas[replica]
        while at.held:
            self._settle(at, at.newest(), renewed=False, again=False)

    def _settle(self, at: Replica, batch: list[Held], *, renewed: bool, again: bool) -> None:
        settlements = [held.active.settlement(at.dispatcher.is_ordered) for held in batch]
        if renewed:
            self._renew(at, batch, now_ms())
        begun = now_ms()
        outcomes, _ = self._run(self._together([at.outbox.settle(settlements), at.store.ping()]))
        now = Window(begun - SLACK, now_ms() + SLACK)
        for held, settlement, outcome in zip(batch, settlements, outcomes, strict=True):
            if self._settled(held, settlement.known, outcome, now):
                self._forget(at, held, keep=again)
            else:
                at.take_in(held)

    def _settled(self, held: Held, known: int, outcome: Outcome, now: Window) -> bool:
        """Whether the claim has ended; otherwise there is news for it."""
        model, order = held.model, held.model.order
        if not model.live:
            assert outcome is Outcome.LOST or (self.world.name == "mongodb" and self._is_as_left(model, known))
            return True
        if len(order.entries) > known:
            assert outcome is Outcome.GREW
            self._expect_news(held, outcome, Outcome.GREW)
            return False
        assert outcome is Outcome.DONE
        order.settle(model.rest(known), now)
        return True

    def _expect_news(self, held: Held, outcome: Outcome, without: Outcome) -> None:
        start, news = len(held.model.entries), held.model.news()
        assert outcome is (Outcome.GREW if news else without)
        held.model.entries += news
        held.check(start)

    @staticmethod
    def _is_as_left(model: Holding, known: int) -> bool:
        """A repeat of a write whose answer was lost cannot be told from this one: nothing more is to be written."""
        ours = {entry.event.event_id for entry in model.entries[:known]}
        waiting = [entry for entry in model.order.entries if entry.event.event_id in ours]
        return all(entry in model.rest(known) for entry in waiting)

    # Misfortunes

    @precondition(lambda self: self._aging())
    @rule(which=PICKS)
    def time_passes(self, which: int) -> None:
        """Leases expire, retries come due."""
        order, moment = pick(self._aging(), which), self._moment_past()
        self.world.shelf.pass_time(order.id, moment)
        order.pass_time(moment)

    @precondition(lambda self: self._all_held())
    @rule(replica=REPLICAS)
    def crash(self, replica: int) -> None:
        self.world.replicas[replica].forget()

    # Operators

    @precondition(lambda self: self._free())
    @rule(replica=REPLICAS, order=PICKS, letter=PICKS, discard=st.booleans())
    def repair(self, replica: int, order: int, letter: int, discard: bool) -> None:
        at, model = self.world.replicas[replica], pick(self._free(), order)
        version, handler = pick(parked(model) or [(model.version, "Printer")], letter)
        begun, letter_id = now_ms(), str(DeadLetterId("order", model.id, version, handler))
        try:
            self._run(at.discard(letter_id) if discard else at.redrive(letter_id))
            found = True
        except NotFound:
            found = False
        assert found == bool(parked(model))
        self._repaired(model, version, handler if found else None, discard, begun)

    def _repaired(self, model: ModelOrder, version: int, handler: str | None, discard: bool, begun: int) -> None:
        claim = model.claim("the repairer's", Window(0, 0))
        claim.take_in()
        if handler:
            entry = next(entry for entry in claim.entries if entry.event.aggregate_version == version)
            assert entry.tasks
            if discard:
                del entry.tasks[handler]
                self.discarded.add((handler, entry.event.event_id))
            else:
                entry.tasks[handler] = Task()
        model.settle(claim.rest(len(claim.entries)), Window(begun - SLACK, now_ms() + SLACK))

    @rule(replica=REPLICAS)
    def look(self, replica: int) -> None:
        self._run(self._look(self.world.replicas[replica]))
