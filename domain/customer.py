"""A customer: who orders under one phone number, what we may tell them, and the points that they are spending."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from domain.aggregate import AggregateRoot
from domain.errors import BacklogFull, StaleVersion
from domain.events import (
    CustomerChangedEvent,
    CustomerErasedEvent,
    CustomerErasureFinishedEvent,
    CustomerEvent,
    CustomerRegisteredEvent,
    PointsGivenBackEvent,
    PointsRedeemedEvent,
)
from domain.order_state import Address, Customer

MAX_ADDRESSES = 5
#: How many redemptions may wait for the ledger at once.
MAX_REDEMPTIONS = 20

E = TypeVar("E", bound=CustomerEvent)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOrder:
    """What an order tells of whoever placed it. Ids sort by the time of placing."""

    id: str
    customer: Customer
    address: Address | None
    placed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetails:
    """What the staff may change. `email_wanted` and `sms_wanted`: what the customer agreed to be told by."""

    name: str
    email: str | None = None
    addresses: tuple[Address, ...] = ()
    language: str | None = None
    email_wanted: bool = True
    sms_wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """Points set aside for an order."""

    order_id: str
    points: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What is left to do of one: the orders of this number up to this one still tell of the person."""

    phone: str
    last_order_id: str


@dataclass(slots=True, kw_only=True)
class CustomerState:
    """Of a person that was erased, all is empty but what keeps an old order from bringing them back."""

    phone: str = ""
    details: ContactDetails = field(default_factory=lambda: ContactDetails(name=""))
    first_order_at: datetime | None = None
    #: The details are taken from orders up to this one, or are the staff's who knew of it.
    last_order_id: str = ""
    redemptions: tuple[Redemption, ...] = ()
    #: Orders up to this one, and their points, were another person's.
    erased_up_to: str = ""
    erasure: Erasure | None = None


class CustomerProfile(AggregateRoot[CustomerState]):
    """One per phone number, under an id that does not tell the number."""

    @classmethod
    def restore(cls, customer_id: str, state: CustomerState, version: int) -> "CustomerProfile":
        return cls(customer_id, state, version)

    @property
    def is_known(self) -> bool:
        """Whether there is a person; not before the first order, and not after an erasure."""
        return bool(self.state.phone)

    def expect_version(self, expected: int | None) -> None:
        """Raise `StaleVersion` where the caller decided on another version than this one (None: any will do)."""
        if expected is not None and expected != self.version:
            raise StaleVersion(expected, self.version)

    def agrees_with(self, name: str, email: str | None, address: str | None, placed_at: datetime) -> bool:
        """Whether an order with these has nothing to add."""
        state, details = self.state, self.state.details
        return (
            self.is_known
            and name == details.name
            and email in (None, details.email)
            and (address is None or [address] == [str(known) for known in details.addresses[:1]])
            and (state.first_order_at is None or state.first_order_at <= placed_at)
        )

    def take_over(self, orders: Sequence[PastOrder], now: datetime) -> None:
        """Learn from the person's orders, the oldest first. What was learnt before, or the staff has put right
        since, changes nothing, however often it comes again."""
        orders = [order for order in orders if order.id > self.state.erased_up_to]
        if not orders:
            return
        before, was_known, since = self._facts(), self.is_known, self.state.last_order_id
        for order in orders:
            if order.id > since:
                self._learn(order)
        first = self.state.first_order_at or orders[0].placed_at
        self.state.first_order_at = min(first, *(order.placed_at for order in orders))
        changed = tuple(name for name, value in self._facts().items() if value != before[name])
        if not was_known:
            self._record(CustomerRegisteredEvent, now, registered_time=now, first_order_id=orders[0].id)
        elif changed:
            self._record(CustomerChangedEvent, now, changed_time=now, fields=changed, user_id=None)

    def edit(self, details: ContactDetails, last_order_id: str, now: datetime, user_id: str) -> None:
        """Put right by the staff. Orders up to `last_order_id` have no more say in it."""
        before = self._facts()
        self.state.details = details
        self.state.last_order_id = max(self.state.last_order_id, last_order_id)
        changed = tuple(name for name, value in self._facts().items() if value != before[name])
        if changed:
            self._record(CustomerChangedEvent, now, changed_time=now, fields=changed, user_id=user_id)

    def erase(self, last_order_id: str, now: datetime, user_id: str) -> None:
        """Empty the profile, and note that the orders up to `last_order_id` are to forget the person too."""
        up_to = max(last_order_id, self.state.last_order_id, self.state.erased_up_to)
        erasure = Erasure(phone=self.state.phone, last_order_id=up_to)
        self.state = CustomerState(erased_up_to=up_to, erasure=erasure)
        self._record(CustomerErasedEvent, now, erased_time=now, last_order_id=up_to, user_id=user_id)

    def finish_erasure(self, erasure: Erasure, now: datetime) -> None:
        """Forget the number too, unless another erasure has begun meanwhile."""
        if self.state.erasure == erasure:
            self.state.erasure = None
            self._record(CustomerErasureFinishedEvent, now, finished_time=now, last_order_id=erasure.last_order_id)

    def redeem(self, order_id: str, points: int, now: datetime) -> None:
        """Set points aside for an order; the caller has counted them. Raises `BacklogFull`."""
        if len(self.state.redemptions) >= MAX_REDEMPTIONS:
            raise BacklogFull("Too many orders that were paid with points are being placed. Try again shortly.")
        self.state.redemptions += (Redemption(order_id=order_id, points=points, at=now),)
        self._record(PointsRedeemedEvent, now, redeemed_time=now, order_id=order_id, points=points)

    def note_on_ledger(self, order_ids: frozenset[str]) -> None:
        """The ledger has these redemptions now. No event: nothing has happened, and the next change saves it."""
        self.state.redemptions = tuple(r for r in self.state.redemptions if r.order_id not in order_ids)

    def give_back(self, order_id: str, now: datetime) -> None:
        """The order of a redemption never came; where there is none, nothing changes."""
        kept = tuple(r for r in self.state.redemptions if r.order_id != order_id)
        for gone in self.state.redemptions:
            if gone.order_id == order_id:
                self._record(PointsGivenBackEvent, now, given_back_time=now, order_id=order_id, points=gone.points)
        self.state.redemptions = kept

    def _learn(self, order: PastOrder) -> None:
        state, known = self.state, self.state.details
        addresses = known.addresses
        if order.address:
            others = (address for address in addresses if address != order.address)
            addresses = (order.address, *others)[:MAX_ADDRESSES]
        state.phone = order.customer.phone
        state.last_order_id = order.id
        state.details = ContactDetails(
            name=order.customer.name,
            email=order.customer.email or known.email,
            addresses=addresses,
            language=known.language,
            email_wanted=known.email_wanted,
            sms_wanted=known.sms_wanted,
        )

    def _facts(self) -> dict[str, object]:
        details = self.state.details
        return {
            "name": details.name,
            "email": details.email,
            "addresses": details.addresses,
            "language": details.language,
            "preferences": (details.email_wanted, details.sms_wanted),
            "first_order_at": self.state.first_order_at,
        }
