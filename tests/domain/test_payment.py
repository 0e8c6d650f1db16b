"""Money for an order: counted once, in its currency, and asked back where the order is cancelled."""

from typing import Any

import pytest

from application.clock import utc_now
from domain.errors import InvalidPayment, OrderCancelled, PaymentIdReused, TooManyPayments, WrongCurrency
from domain.events import OrderCancelledEvent, PaymentReceivedEvent, RefundRequestedEvent
from domain.order import Order
from domain.order_rules import MAX_PAYMENTS
from tests.builders import an_order

TOTAL = 2 * 1699 + 1469


def saved_order() -> Order:
    order = an_order()
    order.mark_saved()
    return order


def pay(order: Order, payment_id: str = "p-1", **other: Any) -> None:
    facts: dict[str, Any] = {"amount": 1000, "currency": "EUR", "method": "cash"}
    order.receive_payment(utc_now(), payment_id, **facts | other)


def test_a_payment_is_told_with_what_is_paid_and_what_is_due() -> None:
    order = saved_order()
    pay(order, "p-1", amount=1000)
    pay(order, "p-2", amount=TOTAL - 1000, method="card")

    first, second = order.raised
    assert isinstance(first, PaymentReceivedEvent)
    assert isinstance(second, PaymentReceivedEvent)
    assert (first.payment_id, first.payment_method, first.amount) == ("p-1", "cash", 1000)
    assert (first.paid_amount, first.due_amount) == (1000, TOTAL - 1000)
    assert (second.paid_amount, second.due_amount) == (TOTAL, 0)
    assert (order.state.paid, order.state.due, order.state.overpaid) == (TOTAL, 0, 0)


def test_more_than_is_due_is_taken_and_shown() -> None:
    order = saved_order()
    pay(order, amount=TOTAL + 250)

    assert (order.state.paid, order.state.due, order.state.overpaid) == (TOTAL + 250, 0, 250)


def test_the_same_payment_again_changes_nothing() -> None:
    order = saved_order()
    pay(order)
    order.mark_saved()
    pay(order)

    assert order.raised == ()
    assert order.state.paid == 1000


def test_a_late_repeat_changes_nothing_though_the_order_is_cancelled_meanwhile() -> None:
    order = saved_order()
    pay(order)
    order.cancel(utc_now(), "no more dough")
    order.mark_saved()
    pay(order)

    assert order.raised == ()


@pytest.mark.parametrize("other", [{"amount": 999}, {"currency": "USD"}, {"method": "card"}])
def test_other_facts_under_the_same_id_are_refused(other: dict[str, Any]) -> None:
    order = saved_order()
    pay(order)

    with pytest.raises(PaymentIdReused):
        pay(order, **other)
    assert order.state.paid == 1000


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [({"amount": 0}, InvalidPayment), ({"amount": -5}, InvalidPayment), ({"currency": "USD"}, WrongCurrency)],
)
def test_what_is_no_money_for_this_order_is_refused(wrong: dict[str, Any], refusal: type[Exception]) -> None:
    order = saved_order()

    with pytest.raises(refusal):
        pay(order, **wrong)
    assert order.raised == ()
    assert order.state.payments == ()


def test_a_cancelled_order_takes_no_money() -> None:
    order = saved_order()
    order.cancel(utc_now(), "no more dough")

    with pytest.raises(OrderCancelled):
        pay(order)


def test_an_order_takes_so_many_payments_and_no_more() -> None:
    order = saved_order()
    for number in range(MAX_PAYMENTS):
        pay(order, f"p-{number}", amount=1)

    with pytest.raises(TooManyPayments):
        pay(order, "one more", amount=1)
    assert order.state.paid == MAX_PAYMENTS


def test_cancelling_a_paid_order_asks_for_all_of_its_money_back_in_the_same_breath() -> None:
    order = saved_order()
    pay(order, "p-1", amount=1000)
    pay(order, "p-2", amount=300)
    order.mark_saved()
    order.cancel(utc_now(), "no more dough")

    cancelled, refund = order.raised
    assert isinstance(cancelled, OrderCancelledEvent)
    assert isinstance(refund, RefundRequestedEvent)
    assert (refund.amount, refund.currency) == (1300, "EUR")
    assert refund.aggregate_version == cancelled.aggregate_version + 1
    assert (order.state.paid, order.state.due, order.state.overpaid) == (1300, 0, 1300)


def test_cancelling_an_unpaid_order_asks_for_nothing() -> None:
    order = saved_order()
    order.cancel(utc_now(), "no more dough")

    assert [type(event) for event in order.raised] == [OrderCancelledEvent]
