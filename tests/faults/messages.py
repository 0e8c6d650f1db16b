"""What customers were told, and must have been: every event that calls for a message, at least once, under one id."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.faults.effects_books import Bought, Effects, Record

SMS, EMAIL = "sms", "email"
LOST, TWICE = "messages lost", "messages under two ids"
DISORDERED, UNASKED = "messages out of order", "messages that nothing calls for"
ASTRAY, RECORDS = "messages to somebody else", "messages of which the record is wrong"
COUNTS = (LOST, TWICE, DISORDERED, UNASKED, ASTRAY, RECORDS)
#: Which events call for a text message. By mail customers hear of the placing too.
TOLD_BY_SMS = frozenset(
    {
        "OrderConfirmedEvent",
        "CookingStartedEvent",
        "OrderReadyEvent",
        "OrderShippedEvent",
        "OrderDeliveredEvent",
        "OrderCancelledEvent",
    }
)
TOLD = {SMS: TOLD_BY_SMS, EMAIL: TOLD_BY_SMS | {"OrderPlacedEvent"}}
ID_LENGTH = 36

Found = Iterator[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Message:
    """What a customer was sent. `key` is what its receiver tells repeats by: the `Idempotency-Key` of a text message,
    the `Message-ID` of a mail. `incarnation` names the process that sent it, `receipt` is what it was answered."""

    channel: str
    incarnation: str
    key: str
    to: str
    receipt: str

    @property
    def event_id(self) -> str:
        """The event that it tells of, as its key says."""
        return self.key.removeprefix("<")[:ID_LENGTH]


@dataclass(frozen=True, slots=True)
class Told:
    """An event that has happened, as far as messages go."""

    order_id: str
    version: int
    type: str


def judge_messages(
    messages: Sequence[Message], effects: Effects, happened: Mapping[str, Told], *, sent: bool, ahead: bool = False
) -> Found:
    """`happened` has every order's events by their ids. `sent`: whether customers were to be told at all; `ahead`:
    whether there may be records of what orders do not know of yet."""
    firsts: dict[str, dict[str, Message]] = {SMS: {}, EMAIL: {}}
    keys: dict[tuple[str, str], set[str]] = defaultdict(set)
    receipts: dict[tuple[str, str], set[str]] = defaultdict(set)
    for message in messages:
        firsts[message.channel].setdefault(message.event_id, message)
        keys[message.channel, message.event_id].add(message.key)
        receipts[message.channel, message.event_id].add(message.receipt)
    for (channel, event_id), under in keys.items():
        if len(under) > 1:
            yield TWICE, f"{channel}: {event_id} as {', '.join(sorted(under))}"
    if sent:
        wanted = {channel: _wanted(channel, effects, happened) for channel in (SMS, EMAIL)}
        for channel, came in firsts.items():
            yield from _judge_came(channel, came, wanted[channel])
            yield from _judge_order(channel, came, happened)
        yield from _judge_records(effects, wanted, receipts)
        if not ahead:
            yield from _judge_unasked_records(effects, wanted)
    elif messages:
        yield UNASKED, f"{len(messages)} though nobody was to be told"


def _wanted(channel: str, effects: Effects, happened: Mapping[str, Told]) -> dict[str, str | None]:
    """Which events have to be told on a channel, and to which address: None where the customer has none."""
    return {
        event_id: _address(channel, effects.bought[told.order_id])
        for event_id, told in happened.items()
        if told.type in TOLD[channel] and told.order_id in effects.bought
    }


def _address(channel: str, bought: Bought) -> str | None:
    return bought.phone if channel == SMS else bought.email


def _judge_came(channel: str, came: Mapping[str, Message], wanted: Mapping[str, str | None]) -> Found:
    for event_id, address in wanted.items():
        if address and event_id not in came:
            yield LOST, f"{channel}: of {event_id}"
    for event_id, message in came.items():
        address = wanted.get(event_id)
        if address is None:
            yield UNASKED, f"{channel}: {message.key}"
        elif message.to != address:
            yield ASTRAY, f"{channel}: {message.key}"


def _judge_order(channel: str, came: Mapping[str, Message], happened: Mapping[str, Told]) -> Found:
    latest: dict[str, int] = {}
    for event_id in came:  # in the order in which each came first
        told = happened.get(event_id)
        if told is None:
            continue
        if told.version < latest.get(told.order_id, 0):
            yield DISORDERED, f"{channel}: {told.order_id} #{told.version} after #{latest[told.order_id]}"
        latest[told.order_id] = told.version


def _judge_records(
    effects: Effects, wanted: Mapping[str, Mapping[str, str | None]], receipts: Mapping[tuple[str, str], set[str]]
) -> Found:
    """One for each event and channel: that it was sent, and as what, or that there was no address."""
    for channel, events in wanted.items():
        for event_id, address in events.items():
            record = effects.records.get(f"{event_id}/{channel}")
            if not _agrees(record, address, receipts.get((channel, event_id), set())):
                yield RECORDS, f"{channel}: {event_id}: {record}"


def _judge_unasked_records(effects: Effects, wanted: Mapping[str, Mapping[str, str | None]]) -> Found:
    expected = {f"{event_id}/{channel}" for channel, events in wanted.items() for event_id in events}
    for record_id in effects.records.keys() - expected:
        yield RECORDS, f"{record_id}: of an event that never happened, or that nobody is told of"


def _agrees(record: Record | None, address: str | None, receipts: set[str]) -> bool:
    if record is None:
        return False
    if address is None:
        return (record.status, record.error) == ("skipped", "no_email")
    return record.status == "sent" and record.provider_id in receipts
