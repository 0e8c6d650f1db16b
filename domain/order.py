"""The order: placed, confirmed, cooked, handed over. What it may do when is in `TRANSITIONS`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from domain.aggregate import AggregateRoot
from domain.errors import (
    AlreadyAssigned,
    IllegalMove,
    InvalidOrder,
    NotADelivery,
    OrdersUnderWay,
    StaleVersion,
    TooLateToCancel,
)
from domain.events import (
    CookingStartedEvent,
    KitchenPlaceWithdrawnEvent,
    OrderAssignedEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderCustomerErasedEvent,
    OrderDeliveredEvent,
    OrderedItem,
    OrderPlacedEvent,
    OrderRanLateEvent,
    OrderReadyEvent,
    OrderShippedEvent,
    OrderUnassignedEvent,
    PaymentReceivedEvent,
    RefundRequestedEvent,
)
from domain.order_lifecycle import (
    ASSIGNABLE,
    CUSTOMER_MAY_CANCEL,
    TRANSITIONS,
    FulfilmentType,
    Move,
    OrderStatus,
    is_open,
    open_moves,
)
from domain.order_rules import DELIVERY_TIME, FORGIVEN, check_fulfilment, check_items, check_payment
from domain.order_state import NOBODY, Customer, Fulfilment, OrderLine, OrderState, Payment, StaffMember


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
        discount: int = 0,
        points_redeemed: int = 0,
    ) -> "Order":
        """Place a new order at the prices that its lines carry, less a `discount` that points pay for.

        Raises `InvalidOrder` for no lines, too many lines or pizzas, a quantity below 1, a fulfilment
        whose address does not fit it, or a discount beyond the total.
        """
        check_items(items)
        check_fulfilment(fulfilment)
        full_amount = sum(line.line_total for line in items)
        if not 0 <= discount <= full_amount:
            raise InvalidOrder(f"These points are worth more than the order: {full_amount}.", parameter="/redeemPoints")
        order = cls(
            order_id,
            OrderState(
                status=OrderStatus.PENDING,
                customer=customer,
                fulfilment=fulfilment,
                items=tuple(items),
                currency=currency,
                total_amount=full_amount - discount,
                pizza_count=sum(line.quantity for line in items),
                placed_at=now,
                notes=notes,
                idempotency_key=idempotency_key,
                request_digest=request_digest,
                discount=discount,
                points_redeemed=points_redeemed,
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
            discount=discount,
            points_redeemed=points_redeemed,
        )
        return order

    @classmethod
    def never_placed(cls, order_id: str, now: datetime) -> "Order":
        """Takes the place of an order that was begun and that nobody finished placing: it never comes now."""
        return cls(
            order_id,
            OrderState(
                status=OrderStatus.CANCELLED,
                customer=Customer(name="", phone=""),
                fulfilment=Fulfilment(type=FulfilmentType.PICKUP),
                items=(),
                currency="",
                total_amount=0,
                pizza_count=0,
                placed_at=now,
                cancelled_at=now,
                cancel_reason="It was begun, and nobody finished placing it.",
            ),
        )

    @property
    def was_never_placed(self) -> bool:
        return not self.state.items

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
        self._note_lateness("ready", now, timedelta())

    def assign_driver(self, now: datetime, driver_id: str, driver_name: str) -> None:
        """Give a confirmed delivery to a driver; giving it to him again changes nothing.

        Raises `NotADelivery`, `AlreadyAssigned` where another has it, `IllegalMove` before it is confirmed and once it
        is on its way.
        """
        if self.state.driver_id == driver_id:
            return
        if self.state.fulfilment.type is not FulfilmentType.DELIVERY:
            raise NotADelivery("The customer fetches this order. Only deliveries have a driver.")
        if self.state.status not in ASSIGNABLE:
            raise IllegalMove("assign a driver to", self.state.status, self.open_moves)
        if self.state.driver_id is not None:
            raise AlreadyAssigned(f"{self.state.driver_name} delivers this order. Take it from that driver first.")
        self.state.driver_id, self.state.driver_name = driver_id, driver_name
        self._record(OrderAssignedEvent, now, assigned_time=now, driver_id=driver_id, driver_name=driver_name)

    def unassign_driver(self, now: datetime) -> None:
        """Take the order from its driver; one that is nobody's stays so. Raises `IllegalMove` once it is on its way."""
        driver_id = self.state.driver_id
        if driver_id is None:
            return
        if self.state.status not in ASSIGNABLE:
            raise IllegalMove("take the driver from", self.state.status, self.open_moves)
        self.state.driver_id = self.state.driver_name = None
        self._record(OrderUnassignedEvent, now, unassigned_time=now, driver_id=driver_id)

    def dispatch(self, now: datetime, tracking_number: str, carrier: str) -> None:
        self._move(Move.DISPATCH)
        self.state.dispatched_at = now
        self.state.tracking_number = tracking_number
        self.state.carrier = carrier
        self._record(
            OrderShippedEvent,
            now,
            shipped_time=now,
            tracking_number=tracking_number,
            carrier=carrier,
            driver_id=self.state.driver_id,
        )

    def mark_delivered(self, now: datetime, delivery_time: timedelta = DELIVERY_TIME) -> None:
        """Note the arrival, which is due `delivery_time` after the moment when the order was to be ready."""
        self._move(Move.DELIVER)
        self.state.delivered_at = now
        self._record(OrderDeliveredEvent, now, delivered_time=now, driver_id=self.state.driver_id)
        self._note_lateness("delivered", now, delivery_time)

    def collect(self, now: datetime) -> None:
        self._move(Move.COLLECT)
        self.state.collected_at = now
        self._record(OrderCollectedEvent, now, collected_time=now)

    def cancel(self, now: datetime, reason: str, *, by_customer: bool = False) -> None:
        """Cancel the order, and ask for a refund of whatever was paid. Raises `TooLateToCancel` for a customer once
        cooking has started."""
        if by_customer and self._allows(Move.CANCEL) and self.state.status not in CUSTOMER_MAY_CANCEL:
            raise TooLateToCancel("Cooking has started. Please call the pizzeria to cancel.")
        self._move(Move.CANCEL)
        self.state.cancelled_at = now
        self.state.cancel_reason = reason
        driver_id = self.state.driver_id
        self._record(OrderCancelledEvent, now, cancelled_time=now, reason=reason, driver_id=driver_id)
        if self.state.paid:
            self._record(
                RefundRequestedEvent, now, requested_time=now, amount=self.state.paid, currency=self.state.currency
            )

    def receive_payment(self, now: datetime, payment_id: str, *, amount: int, currency: str, method: str) -> None:
        """Note that money came in; less or more than is due is fine. A payment that is there already changes nothing.

        Raises `InvalidPayment`, `WrongCurrency`, `OrderCancelled`, `PaymentIdReused`, `TooManyPayments`.
        """
        state = self.state
        if check_payment(state, payment_id, amount, currency, method):
            return
        state.payments += (Payment(id=payment_id, amount=amount, method=method, received_at=now),)
        self._record(
            PaymentReceivedEvent,
            now,
            received_time=now,
            payment_id=payment_id,
            payment_method=method,
            amount=amount,
            currency=currency,
            paid_amount=state.paid,
            due_amount=state.due,
        )

    def _note_lateness(self, stage: str, now: datetime, allowed: timedelta) -> None:
        """Raise a second event of the same save where the order is more than `FORGIVEN` late."""
        if self.state.estimated_ready_time is None:
            return
        due = self.state.estimated_ready_time + allowed
        if now - due > FORGIVEN:
            late = int((now - due).total_seconds())
            self._record(OrderRanLateEvent, now, stage=stage, due_time=due, seconds_late=late)

    def forget_customer(self, now: datetime) -> None:
        """Drop whatever tells who placed it; once done, it changes nothing. Raises `OrdersUnderWay` for one that is
        not finished."""
        state = self.state
        if self.open_moves:
            raise OrdersUnderWay([self.id])
        if state.customer == NOBODY:
            return
        state.customer = NOBODY
        state.fulfilment = Fulfilment(type=state.fulfilment.type)
        state.notes = state.cancel_reason = state.idempotency_key = state.request_digest = None
        self._record(OrderCustomerErasedEvent, now, erased_time=now)

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
