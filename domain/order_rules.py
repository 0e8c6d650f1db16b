"""The rules of an order that need nothing but its parts: each check raises what it finds."""

from collections.abc import Sequence
from datetime import timedelta

from domain.errors import InvalidOrder, InvalidPayment, OrderCancelled, PaymentIdReused, TooManyPayments, WrongCurrency
from domain.order_lifecycle import FulfilmentType, OrderStatus
from domain.order_state import Fulfilment, OrderLine, OrderState

MAX_LINES = 50
MAX_PIZZAS = 100
MAX_PAYMENTS = 50
#: So much later than it was due an order may be and is not late yet.
FORGIVEN = timedelta(minutes=5)
#: How long the way to the customer takes, from the oven to the door.
DELIVERY_TIME = timedelta(minutes=30)


def check_items(items: Sequence[OrderLine]) -> None:
    if not 1 <= len(items) <= MAX_LINES:
        raise InvalidOrder(f"An order has 1 to {MAX_LINES} lines.", parameter="/items")
    for index, line in enumerate(items):
        if line.quantity < 1:
            raise InvalidOrder("Order at least one of each pizza.", parameter=f"/items/{index}/quantity")
    if sum(line.quantity for line in items) > MAX_PIZZAS:
        raise InvalidOrder(f"More than {MAX_PIZZAS} pizzas: please split the order.", parameter="/items")


def check_fulfilment(fulfilment: Fulfilment) -> None:
    if fulfilment.type is FulfilmentType.DELIVERY and fulfilment.address is None:
        raise InvalidOrder("A delivery needs an address.", parameter="/fulfilment/address")
    if fulfilment.type is FulfilmentType.PICKUP and fulfilment.address is not None:
        raise InvalidOrder("A pickup takes no address.", parameter="/fulfilment/address")


def check_payment(state: OrderState, payment_id: str, amount: int, currency: str, method: str) -> bool:
    """Whether this very payment is there already.

    Raises `InvalidPayment`, `WrongCurrency`, `OrderCancelled`, `PaymentIdReused`, `TooManyPayments`.
    """
    known = next((payment for payment in state.payments if payment.id == payment_id), None)
    if known is not None and (known.amount, state.currency, known.method) == (amount, currency, method):
        return True
    if known is not None:
        raise PaymentIdReused(
            f"Payment '{payment_id}' came with other facts before. Use a new id.", parameter="/paymentId"
        )
    if amount <= 0:
        raise InvalidPayment("The amount must be above 0, in minor units of the currency.", parameter="/amount")
    if currency != state.currency:
        raise WrongCurrency(f"Pay this order in {state.currency}, not in {currency}.", parameter="/currency")
    if state.status is OrderStatus.CANCELLED:
        raise OrderCancelled("This order is cancelled. Give the money back to whoever paid.")
    if len(state.payments) >= MAX_PAYMENTS:
        raise TooManyPayments(f"An order takes {MAX_PAYMENTS} payments at most.")
    return False
