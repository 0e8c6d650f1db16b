"""Spends loyalty points, at most those that there are, however many orders ask at the same time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from application.clock import utc_now
from application.customers.ids import CustomerIds
from application.ports import OrderQueries
from application.ports.loyalty import MovementKind, PointsLedger, movement_id
from domain.customer import CustomerProfile, Redemption
from domain.errors import DomainError, DuplicateRequest, NotEnoughPoints, StoreUnavailable, VersionConflict
from domain.order import Order
from domain.repositories import Repository

#: Points that were set aside this long ago for an order that is still not there belong to a request that never ended.
ABANDONED_AFTER = timedelta(minutes=5)
GIVE_BACK_RETRIES = 50
#: Points are earned by the whole unit of the currency.
MINOR_UNITS = 100


@dataclass(frozen=True, slots=True)
class Account:
    """What a profile can spend, and the orders that it has set points aside for: `waiting` for them or for the ledger,
    `on_ledger`, or `abandoned`."""

    balance: int
    waiting: tuple[str, ...]
    on_ledger: frozenset[str]
    abandoned: tuple[str, ...]


class LoyaltyDesk:
    """The order and the profile are two documents. Points are set aside in the profile, guarded by its version, before
    the order is added; then its `OrderPlacedEvent` brings them to the ledger. What a crash between the two left set
    aside counts again after `ABANDONED_AFTER`, and leaves the profile with the next redemption. Should that order come
    after all, from a process that was only asleep, the ledger takes its points then."""

    def __init__(
        self,
        *,
        customers: Repository[CustomerProfile],
        orders: Repository[Order],
        queries: OrderQueries,
        ledger: PointsLedger,
        ids: CustomerIds,
        point_value: int,
    ) -> None:
        """`point_value` is what a point pays for, in minor units."""
        self._customers = customers
        self._orders = orders
        self._queries = queries
        self._ledger = ledger
        self._ids = ids
        self.point_value = point_value

    async def add(self, order: Order) -> None:
        """Redeem the order's points, and add the order. Where it is refused, the points are there again at once.

        Raises `NotEnoughPoints`, `BacklogFull`, `VersionConflict`, and what adding an order raises.
        """
        customer_id = await self._ids.of(order.state.customer.phone)
        await self._refuse_repeat(order)
        try:
            await self._redeem(customer_id, order.id, order.state.points_redeemed)
        except NotEnoughPoints:
            await self._refuse_repeat(order)  # which has just taken them
            raise
        try:
            await self._orders.add(order)
        except StoreUnavailable:
            raise  # it may be there, or come yet: time will tell
        except DomainError:
            await self._give_back(customer_id, order.id)
            raise

    async def account(self, profile: CustomerProfile) -> Account:
        """Raises `StoreUnavailable`. The profile was read before the ledger is: a redemption that leaves the profile
        has entered the ledger first, so that none is ever missed, and by its id none counts twice."""
        waiting = profile.state.redemptions
        ids = {redemption.order_id: movement_id(redemption.order_id, MovementKind.REDEEMED) for redemption in waiting}
        present = await self._ledger.present(list(ids.values())) if ids else set()
        rest = [redemption for redemption in waiting if ids[redemption.order_id] not in present]
        abandoned = await self._abandoned(rest, utc_now())
        held = [redemption for redemption in rest if redemption.order_id not in abandoned]
        balance = await self._ledger.balance(
            profile.id,
            after_order=profile.state.erased_up_to,
            without=[ids[redemption.order_id] for redemption in held],
        )
        return Account(
            balance=balance - sum(redemption.points for redemption in held),
            waiting=tuple(redemption.order_id for redemption in held),
            on_ledger=frozenset(r.order_id for r in waiting if ids[r.order_id] in present),
            abandoned=abandoned,
        )

    async def _refuse_repeat(self, order: Order) -> None:
        key = order.state.idempotency_key
        before = await self._queries.find_by_idempotency_key(key) if key else None
        if before:
            raise DuplicateRequest(before.id)

    async def _redeem(self, customer_id: str, order_id: str, points: int) -> None:
        profile = await self._customers.find(customer_id)
        if profile is None or not profile.is_known:
            raise NotEnoughPoints
        account = await self.account(profile)
        if points > account.balance:
            raise NotEnoughPoints
        now = utc_now()
        profile.note_on_ledger(account.on_ledger)
        for abandoned in account.abandoned:
            profile.give_back(abandoned, now)
        profile.redeem(order_id, points, now)
        await self._customers.save(profile)

    async def _give_back(self, customer_id: str, order_id: str) -> None:
        for _ in range(GIVE_BACK_RETRIES):
            profile = await self._customers.get(customer_id)
            profile.give_back(order_id, utc_now())
            if not profile.raised:
                return
            try:
                await self._customers.save(profile)
                return
            except VersionConflict:
                continue

    async def _abandoned(self, waiting: Sequence[Redemption], now: datetime) -> tuple[str, ...]:
        # Whoever redeemed may have another idea of the hour: a moment in the future does not protect it.
        old = [r.order_id for r in waiting if abs(now - r.at) > ABANDONED_AFTER]
        placed = await self._queries.get_many(old) if old else {}
        return tuple(order_id for order_id in old if order_id not in placed)


def points_for(amount: int) -> int:
    """A point for each whole unit of the currency. `amount` is in minor units."""
    return amount // MINOR_UNITS
