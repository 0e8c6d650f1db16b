"""What the outside world knows: every command that was acknowledged, everything that arrived, and what must follow."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from tests.faults import effects, messages
from tests.faults.books import Books, LogEntry
from tests.faults.effects import judge_effects
from tests.faults.messages import EMAIL, SMS, Message, Told, judge_messages

PLACE = "place"
#: The event that each acknowledged command must have raised.
RAISES = {
    PLACE: "OrderPlacedEvent",
    "confirm": "OrderConfirmedEvent",
    "cook": "CookingStartedEvent",
    "ready": "OrderReadyEvent",
    "dispatch": "OrderShippedEvent",
    "deliver": "OrderDeliveredEvent",
    "collect": "OrderCollectedEvent",
    "cancel": "OrderCancelledEvent",
}
#: Raised beside the event of a move, in the same save, where the order is late by then: the move is one version before.
LATE = "OrderRanLateEvent"
SINK, DISPLAY = "sink", "display"
SHOWN = frozenset({"OrderConfirmedEvent", "OrderCancelledEvent"})
TICKETED = frozenset({"OrderConfirmedEvent", "CookingStartedEvent", "OrderReadyEvent", "OrderCancelledEvent"})
MAY_HOLD_A_PLACE = frozenset({"confirmed", "cooking"})

#: What is counted of every run, and must be 0.
COUNTS = (
    "acknowledged orders missing",
    "acknowledged changes missing",
    "moves won twice",
    "events never raised",
    "events lost",
    "events that never happened",
    "inversions or gaps",
    "effects twice",
    "two workers at once",
    "left waiting",
    "stuck and not reported",
    *effects.COUNTS,
    *messages.COUNTS,
)
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Acknowledged:
    order_id: str
    move: str
    version: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event that a receiver took. `incarnation` names the process that sent it; `version` is None where the message
    does not tell."""

    receiver: str
    incarnation: str
    event_id: str
    order_id: str
    version: int | None


@dataclass(slots=True)
class Verdict:
    """How often each thing that must never happen did, with a few examples; `facts` are what the run was made of."""

    counts: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(COUNTS, 0)))
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    facts: dict[str, int] = field(default_factory=dict)

    def add(self, what: str, example: str) -> None:
        self.counts[what] += 1
        if len(self.examples[what]) < EXAMPLES:
            self.examples[what].append(example)

    def count(self, what: str, examples: Iterable[str]) -> None:
        """Add a count of the run's own: it is reported where it is 0 too."""
        self.counts.setdefault(what, 0)
        for example in examples:
            self.add(what, example)

    @property
    def faults(self) -> dict[str, int]:
        """What was found; empty where every promise was kept."""
        return {what: count for what, count in self.counts.items() if count}

    def __str__(self) -> str:
        lines = [f"{count} {what}: {'; '.join(self.examples[what])}" for what, count in self.faults.items()]
        return "\n".join(lines or ["nothing lost, nothing twice, nothing out of order"])


class Ledger:
    """Kept by the clients and receivers while a run lasts, and compared with the store's books at its end."""

    def __init__(self) -> None:
        self.acknowledged: list[Acknowledged] = []
        self.arrivals: list[Arrival] = []
        self.messages: list[Message] = []
        #: How often an order was asked for and not answered with one: it may have been placed, or begun.
        self.unsure = 0
        #: Whether stock and records may know more of an order than it does itself, as in a copy that was read part by
        #: part.
        self.ahead = False
        #: Processes that were killed or frozen: what they had begun, another one may do again.
        self.excused: set[str] = set()

    def acknowledge(self, order_id: str, move: str, version: int) -> None:
        self.acknowledged.append(Acknowledged(order_id, move, version))

    def arrived(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)

    def told(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def repeats(self) -> int:
        """Arrivals and messages that a receiver could tell by their ids to be repeats."""
        return len(self.arrivals) + len(self.messages) - len({(receiver, key) for receiver, key, _ in self._came})

    @property
    def _came(self) -> Iterator[tuple[str, str, str]]:
        """Everything that came: to whom, by what it is known, and from whom."""
        yield from ((arrival.receiver, arrival.event_id, arrival.incarnation) for arrival in self.arrivals)
        yield from ((message.channel, message.key, message.incarnation) for message in self.messages)

    def judge(self, books: Books, *, display: bool = False, messages: bool = False) -> Verdict:
        """Compare with the books. `display`: whether a kitchen display was there to be told; `messages`: whether
        customers were to be."""
        verdict = Verdict()
        self._judge_acknowledged(books, verdict)
        log = _by_order(books.log)
        firsts = {receiver: self._first_arrivals(receiver) for receiver in (SINK, DISPLAY)}
        known = {(a.order_id, a.version) for a in self.arrivals} | {(e.order_id, e.version) for e in books.log}
        for order_id, order in books.orders.items():
            waiting = {pending.version for pending in order.pending}
            entries = log.get(order_id, [])
            for version in range(1, order.version + 1):
                if (order_id, version) not in known and version not in waiting:
                    verdict.add("events never raised", f"{order_id} #{version}")
            arrived = [arrival.version for arrival in firsts[SINK].get(order_id, [])]
            wanted = set(range(1, order.version + 1))
            _compare("audit trail", order_id, [entry.version for entry in entries], wanted, verdict)
            _compare("sink", order_id, arrived, wanted, verdict)
            self._judge_tickets(books, order_id, entries, verdict)
            if display:
                self._judge_display(order_id, entries, firsts[DISPLAY].get(order_id, []), verdict)
            if order.pending:
                verdict.add("left waiting", f"{order_id}: {[pending.version for pending in order.pending]}")
        self._judge_places(books, verdict)
        self._judge_once(books, verdict)
        self._judge_workers(verdict)
        for what, example in judge_effects(books.effects, unsure=self.unsure, ahead=self.ahead):
            verdict.add(what, example)
        for what, example in judge_messages(
            self.messages, books.effects, _happened(books), sent=messages, ahead=self.ahead
        ):
            verdict.add(what, example)
        verdict.facts |= self._facts(books)
        return verdict

    def _judge_acknowledged(self, books: Books, verdict: Verdict) -> None:
        raised = {(entry.order_id, entry.version): entry.type for entry in books.log}
        raised |= {(o, pending.version): pending.type for o, order in books.orders.items() for pending in order.pending}
        for ack, count in Counter(self.acknowledged).items():
            order = books.orders.get(ack.order_id)
            if order is None:
                verdict.add("acknowledged orders missing", ack.order_id)
            elif order.version < ack.version:
                verdict.add("acknowledged changes missing", f"{ack.order_id} #{ack.version} {ack.move}")
            elif _moved_at(raised, ack) not in (RAISES[ack.move], None):
                verdict.add("acknowledged changes missing", f"{ack.order_id} #{ack.version} is no {ack.move}")
            if count > 1 and ack.move != PLACE:  # placing again under the same key is answered with the same order
                verdict.add("moves won twice", f"{ack.order_id} {ack.move}")
        moves = Counter((ack.order_id, ack.version) for ack in set(self.acknowledged))
        for (order_id, version), winners in moves.items():
            if winners > 1:
                verdict.add("moves won twice", f"{order_id} #{version} was promised to {winners}")

    def _judge_tickets(self, books: Books, order_id: str, entries: list[LogEntry], verdict: Verdict) -> None:
        wanted = [entry for entry in entries if entry.type in TICKETED]
        confirmed = any(entry.type == "OrderConfirmedEvent" for entry in wanted)
        ticket = books.tickets.get(order_id)
        if confirmed and ticket is None:
            verdict.add("events lost", f"{order_id} has no ticket")
        elif confirmed and ticket is not None and ticket < max(entry.version for entry in wanted):
            verdict.add("events lost", f"{order_id}'s ticket has seen #{ticket} only")
        elif not confirmed and ticket is not None:
            verdict.add("events that never happened", f"{order_id} has a ticket unconfirmed")

    def _judge_display(self, order_id: str, entries: list[LogEntry], shown: list[Arrival], verdict: Verdict) -> None:
        version_of = {entry.event_id: entry.version for entry in entries}
        wanted = {entry.version for entry in entries if entry.type in SHOWN}
        _compare("display", order_id, [version_of.get(arrival.event_id) for arrival in shown], wanted, verdict)

    def _judge_places(self, books: Books, verdict: Verdict) -> None:
        """An order that cooks no more holds no place: freeing it is the effect of its last kitchen event."""
        for order_id in books.places:
            order = books.orders.get(order_id)
            if order is None or (order.status not in MAY_HOLD_A_PLACE and not order.pending):
                verdict.add("events lost", f"{order_id} still holds a place in the kitchen")

    def _judge_once(self, books: Books, verdict: Verdict) -> None:
        """An effect is known by its event's id. Two in the log, or two ids for one fact, are an effect twice."""
        for receiver, entries in (
            ("audit trail", [(entry.order_id, entry.version, entry.event_id) for entry in books.log]),
            (SINK, list({(a.order_id, a.version, a.event_id) for a in self.arrivals if a.receiver == SINK})),
        ):
            for (order_id, version), count in Counter((order, version) for order, version, _ in entries).items():
                if count > 1:
                    verdict.add("effects twice", f"{receiver}: {order_id} #{version}")
        happened = {entry.event_id for entry in books.log}
        happened |= {pending.event_id for order in books.orders.values() for pending in order.pending}
        for event_id, order_id in {(a.event_id, a.order_id) for a in self.arrivals if a.event_id not in happened}:
            verdict.add("events that never happened", f"{order_id}: {event_id}")

    def _judge_workers(self, verdict: Verdict) -> None:
        """Two processes, both well all the while, that delivered the same event had both of them a lease on it."""
        senders: dict[tuple[str, str], set[str]] = defaultdict(set)
        for receiver, key, incarnation in self._came:
            if incarnation not in self.excused:
                senders[receiver, key].add(incarnation)
        for (receiver, event_id), names in senders.items():
            if len(names) > 1:
                verdict.add("two workers at once", f"{receiver}: {event_id} from {', '.join(sorted(names))}")

    def _first_arrivals(self, receiver: str) -> dict[str, list[Arrival]]:
        """A receiver knows a repeat by its id, so the order in which ids came first is what counts."""
        seen: set[str] = set()
        firsts: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in self.arrivals:
            if arrival.receiver == receiver and arrival.event_id not in seen:
                seen.add(arrival.event_id)
                firsts[arrival.order_id].append(arrival)
        return firsts

    def _facts(self, books: Books) -> dict[str, int]:
        return {
            "orders": len(books.orders),
            "acknowledged": len(self.acknowledged),
            "events": len(books.log),
            "arrivals": len(self.arrivals),
            "repeats": self.repeats,
            "stock movements": len(books.effects.stock),
            "movements of points": len(books.effects.points),
            "SMS": sum(message.channel == SMS for message in self.messages),
            "mails": sum(message.channel == EMAIL for message in self.messages),
        }


def _happened(books: Books) -> dict[str, Told]:
    """Every order's events by their ids, those that still wait included."""
    waiting = [
        LogEntry(order_id, pending.version, pending.type, pending.event_id)
        for order_id, order in books.orders.items()
        for pending in order.pending
    ]
    return {entry.event_id: Told(entry.order_id, entry.version, entry.type) for entry in [*waiting, *books.log]}


def _moved_at(raised: Mapping[tuple[str, int], str], ack: Acknowledged) -> str | None:
    """The type of the event by which the order came to the acknowledged version."""
    event = raised.get((ack.order_id, ack.version))
    return raised.get((ack.order_id, ack.version - 1)) if event == LATE else event


def _compare(handler: str, order_id: str, came: Iterable[int | None], wanted: set[int], verdict: Verdict) -> None:
    versions = [version for version in came if version is not None]
    for version in sorted(wanted - set(versions)):
        verdict.add("events lost", f"{handler}: {order_id} #{version}")
    for before, after in pairwise(versions):
        if after < before:
            verdict.add("inversions or gaps", f"{handler}: {order_id} #{after} after #{before}")
    _find_gaps(handler, order_id, versions, wanted, verdict)


def _find_gaps(handler: str, order_id: str, versions: list[int], wanted: set[int], verdict: Verdict) -> None:
    """One that was there while an earlier one was still to come; where it came later, that is an inversion already."""
    missing = wanted - set(versions)
    for version in versions:
        if any(earlier < version for earlier in missing):
            verdict.add("inversions or gaps", f"{handler}: {order_id} #{version} without an earlier one")


def _by_order(log: list[LogEntry]) -> dict[str, list[LogEntry]]:
    """The log's entries by order, in the order in which they were written."""
    entries: dict[str, list[LogEntry]] = defaultdict(list)
    for entry in log:
        entries[entry.order_id].append(entry)
    return entries
