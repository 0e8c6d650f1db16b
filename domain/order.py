"""The order: placed, confirmed, cooked, handed over. What it may do when is in `TRANSITIONS`."""

from collections.abc import Sequence
from datetime import datetime

from domain.aggregate import AggregateRoot
from domain.errors import IllegalMove, InvalidOrder, StaleVersion, TooLateToCancel
from domain.events import (
    CookingStartedEvent,
    KitchenPlaceWithdrawnEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderDeliveredEvent,
    OrderedItem,
    OrderPlacedEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)
from domain.order_lifecycle import (
    CUSTOMER_MAY_CANCEL,
    TRANSITIONS,
    FulfilmentType,
    Move,
    OrderStatus,
    is_open,
    open_moves,
)
from domain.order_state import Customer, Fulfilment, OrderLine, OrderState, StaffMember

MAX_LINES = 50
MAX_PIZZAS = 100


class Order(AggregateRoot[OrderState]):
    """An order and the rules of its life. Every verb takes the present moment: tests and imports own the clock."""

    @classmethod
    def place(
        cls,
        order_id: str,
        *,
        customer: Customer,
        fulfilment: Fulfilment,
        items: Sequence[OrderLine],
        currency: str,
        now: datetime,
        notes: str | None = None,
        idempotency_key: str | None = None,
        request_digest: str | None = None,
    ) -> "Order":
        """Place a new order at the prices that its lines carry.

        Raises `InvalidOrder` for no lines, too many lines or pizzas, a quantity below 1, or a fulfilment
        whose address does not fit it.
        """
        _check_items(items)
        _check_fulfilment(fulfilment)
        order = cls(
            order_id,
            OrderState(
                status=OrderStatus.PENDING,
                customer=customer,
                fulfilment=fulfilment,
                items=tuple(items),
                currency=currency,
                total_amount=sum(line.line_total for line in items),
                pizza_count=sum(line.quantity for line in items),
                placed_at=now,
                notes=notes,
                idempotency_key=idempotency_key,
                request_digest=request_digest,
            ),
        )
        state = order.state
        order._record(
            OrderPlacedEvent,
            now,
            placed_time=now,
            customer_name=customer.name,
            customer_phone=customer.phone,
            customer_email=customer.email,
            fulfilment=fulfilment.type.value,
            delivery_address=str(fulfilment.address) if fulfilment.address else None,
            items=order._ordered_items(),
            notes=notes,
            total_amount=state.total_amount,
            currency=currency,
            pizza_count=state.pizza_count,
        )
        return order

    @classmethod
    def restore(cls, order_id: str, state: OrderState, version: int) -> "Order":
        """Rebuild a stored order. Raises no event."""
        return cls(order_id, state, version)

    @property
    def open_moves(self) -> tuple[Move, ...]:
        """The moves that this order allows now."""
        return open_moves(self.state.status, self.state.fulfilment.type)

    def expect_version(self, expected: int | None) -> None:
        """Raise `StaleVersion` where the caller decided on another version than this one (None: any will do)."""
        if expected is not None and expected != self.version:
            raise StaleVersion(expected, self.version)

    def confirm(self, now: datetime, estimated_ready_time: datetime) -> None:
        self._move(Move.CONFIRM)
        self.state.confirmed_at = now
        self.state.estimated_ready_time = estimated_ready_time
        self._record(
            OrderConfirmedEvent,
            now,
            confirmed_time=now,
            total_amount=self.state.total_amount,
            currency=self.state.currency,
            pizza_count=self.state.pizza_count,
            items=self._ordered_items(),
            fulfilment=self.state.fulfilment.type.value,
            notes=self.state.notes,
            estimated_ready_time=estimated_ready_time,
        )

    def withdraw_kitchen_place(self, now: datetime) -> None:
        """Note that the place held for it went to another order: it is as confirmed as before, and a version on. So
        whoever still means to cook it in that place has to ask for one again."""
        self._record(KitchenPlaceWithdrawnEvent, now, withdrawn_time=now)

    def start_cooking(self, now: datetime, cook: StaffMember) -> None:
        self._move(Move.COOK)
        self.state.cooking_started_at = now
        self.state.cooked_by = cook.name
        self._record(
            CookingStartedEvent,
            now,
            cooking_started_time=now,
            user_id=cook.id,
            user_name=cook.name,
            estimated_ready_time=self.state.estimated_ready_time,
        )

    def mark_ready(self, now: datetime, cook: StaffMember) -> None:
        self._move(Move.READY)
        self.state.ready_at = now
        self._record(
            OrderReadyEvent,
            now,
            ready_time=now,
            estimated_ready_time=self.state.estimated_ready_time,
            user_id=cook.id,
            user_name=cook.name,
        )

    def dispatch(self, now: datetime, tracking_number: str, carrier: str) -> None:
        self._move(Move.DISPATCH)
        self.state.dispatched_at = now
        self.state.tracking_number = tracking_number
        self.state.carrier = carrier
        self._record(OrderShippedEvent, now, shipped_time=now, tracking_number=tracking_number, carrier=carrier)

    def mark_delivered(self, now: datetime) -> None:
        self._move(Move.DELIVER)
        self.state.delivered_at = now
        self._record(OrderDeliveredEvent, now, delivered_time=now)

    def collect(self, now: datetime) -> None:
        self._move(Move.COLLECT)
        self.state.collected_at = now
        self._record(OrderCollectedEvent, now, collected_time=now)

    def cancel(self, now: datetime, reason: str, *, by_customer: bool = False) -> None:
        """Cancel the order. Raises `TooLateToCancel` for a customer once cooking has started."""
        if by_customer and self._allows(Move.CANCEL) and self.state.status not in CUSTOMER_MAY_CANCEL:
            raise TooLateToCancel("Cooking has started. Please call the pizzeria to cancel.")
        self._move(Move.CANCEL)
        self.state.cancelled_at = now
        self.state.cancel_reason = reason
        self._record(OrderCancelledEvent, now, cancelled_time=now, reason=reason)

    def _allows(self, move: Move) -> bool:
        return is_open(move, self.state.status, self.state.fulfilment.type)

    def _move(self, move: Move) -> None:
        if not self._allows(move):
            raise IllegalMove(move, self.state.status, self.open_moves)
        self.state.status = TRANSITIONS[move].target

    def _ordered_items(self) -> tuple[OrderedItem, ...]:
        return tuple(
            OrderedItem(
                pizza=line.pizza,
                size=line.size,
                quantity=line.quantity,
                extra_toppings=line.extra_toppings,
                line_total=line.line_total,
            )
            for line in self.state.items
        )


def _check_items(items: Sequence[OrderLine]) -> None:
    if not 1 <= len(items) <= MAX_LINES:
        raise InvalidOrder(f"An order has 1 to {MAX_LINES} lines.", parameter="/items")
    for index, line in enumerate(items):
        if line.quantity < 1:
            raise InvalidOrder("Order at least one of each pizza.", parameter=f"/items/{index}/quantity")
    if sum(line.quantity for line in items) > MAX_PIZZAS:
        raise InvalidOrder(f"More than {MAX_PIZZAS} pizzas: please split the order.", parameter="/items")


def _check_fulfilment(fulfilment: Fulfilment) -> None:
    if fulfilment.type is FulfilmentType.DELIVERY and fulfilment.address is None:
        raise InvalidOrder("A delivery needs an address.", parameter="/fulfilment/address")
    if fulfilment.type is FulfilmentType.PICKUP and fulfilment.address is not None:
        raise InvalidOrder("A pickup takes no address.", parameter="/fulfilment/address")
