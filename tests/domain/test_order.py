"""The order's rules, each move from each status."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import DomainError, IllegalMove, InvalidOrder, OrdersUnderWay, StaleVersion, TooLateToCancel
from domain.events import (
    CookingStartedEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderCustomerErasedEvent,
    OrderDeliveredEvent,
    OrderPlacedEvent,
    OrderRanLateEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)
from domain.order import Order
from domain.order_lifecycle import TRANSITIONS, FulfilmentType, Move, OrderStatus
from domain.order_state import NOBODY, Address, Customer, Fulfilment, OrderLine, StaffMember

NOW = datetime(2026, 3, 6, 19, 30, tzinfo=UTC)
LUIGI = StaffMember(id="luigi", name="Luigi")
DELIVERY = Fulfilment(
    type=FulfilmentType.DELIVERY, address=Address(street="1 Via Roma", city="Napoli", postal_code="80100")
)
PICKUP = Fulfilment(type=FulfilmentType.PICKUP)
LARGE = OrderLine(pizza="margherita", size="large", quantity=2, unit_price=1699)
SMALL = OrderLine(pizza="diavola", size="small", quantity=1, unit_price=1469, extra_toppings=("olives",))


def placed(fulfilment: Fulfilment = DELIVERY, *lines: OrderLine) -> Order:
    return Order.place(
        "order-1",
        customer=Customer(name="Anna", phone="+39 081 1234"),
        fulfilment=fulfilment,
        items=lines or (LARGE, SMALL),
        currency="EUR",
        now=NOW,
    )


def in_status(status: OrderStatus, fulfilment: Fulfilment) -> Order:
    order = placed(fulfilment)
    order.mark_saved()
    order.state.status = status
    return order


def do(order: Order, move: Move) -> None:
    verbs = {
        Move.CONFIRM: lambda: order.confirm(NOW, NOW + timedelta(minutes=20)),
        Move.COOK: lambda: order.start_cooking(NOW, LUIGI),
        Move.READY: lambda: order.mark_ready(NOW, LUIGI),
        Move.DISPATCH: lambda: order.dispatch(NOW, "T-1", "Mario's own drivers"),
        Move.DELIVER: lambda: order.mark_delivered(NOW),
        Move.COLLECT: lambda: order.collect(NOW),
        Move.CANCEL: lambda: order.cancel(NOW, "changed my mind"),
    }
    verbs[move]()


def test_an_order_is_worth_the_sum_of_its_lines() -> None:
    order = placed()
    assert order.state.total_amount == 2 * 1699 + 1469
    assert order.state.pizza_count == 3


def test_a_discount_comes_off_what_is_to_be_paid_and_never_exceeds_it() -> None:
    def discounted(discount: int) -> Order:
        return Order.place(
            "order-1",
            customer=Customer(name="Anna", phone="+39 081 1234"),
            fulfilment=PICKUP,
            items=[SMALL],
            currency="EUR",
            now=NOW,
            discount=discount,
            points_redeemed=7,
        )

    order = discounted(1469)
    (event,) = order.raised
    assert isinstance(event, OrderPlacedEvent)
    assert (order.state.total_amount, order.state.discount, order.state.points_redeemed) == (0, 1469, 7)
    assert (event.total_amount, event.discount, event.points_redeemed) == (0, 1469, 7)
    for impossible in (1470, -1):
        with pytest.raises(InvalidOrder) as refusal:
            discounted(impossible)
        assert refusal.value.parameter == "/redeemPoints"


@pytest.mark.parametrize("status", OrderStatus)
def test_an_order_forgets_its_customer_once_it_is_finished_and_not_before(status: OrderStatus) -> None:
    order = placed()
    order.state.status = status
    if order.open_moves:
        with pytest.raises(OrdersUnderWay):
            order.forget_customer(NOW)
        assert order.state.customer.name == "Anna"
        return
    for _ in range(2):
        order.forget_customer(NOW)
    assert (order.state.customer, order.state.fulfilment.address) == (NOBODY, None)
    assert order.state.total_amount == 2 * 1699 + 1469
    assert [type(event) for event in order.raised] == [OrderPlacedEvent, OrderCustomerErasedEvent]


def test_placing_raises_one_event_that_tells_all_of_it() -> None:
    (event,) = placed().raised
    assert isinstance(event, OrderPlacedEvent)
    assert (event.aggregate_id, event.aggregate_version, event.occurred_at) == ("order-1", 1, NOW)
    assert (event.total_amount, event.currency, event.pizza_count) == (4867, "EUR", 3)
    assert event.delivery_address == "1 Via Roma, 80100 Napoli"
    assert [item.line_total for item in event.items] == [3398, 1469]


@pytest.mark.parametrize("fulfilment", [DELIVERY, PICKUP], ids=["delivery", "pickup"])
@pytest.mark.parametrize("status", list(OrderStatus))
@pytest.mark.parametrize("move", list(Move))
def test_a_move_is_made_where_the_table_allows_it_and_refused_elsewhere(
    move: Move, status: OrderStatus, fulfilment: Fulfilment
) -> None:
    order = in_status(status, fulfilment)
    transition = TRANSITIONS[move]
    if status in transition.sources and transition.fulfilment in (None, fulfilment.type):
        do(order, move)
        assert order.state.status is transition.target
        assert len(order.raised) == 1
    else:
        with pytest.raises(IllegalMove) as refusal:
            do(order, move)
        assert refusal.value.open_moves == order.open_moves
        assert move not in refusal.value.open_moves
        assert order.state.status is status
        assert order.raised == ()


@pytest.mark.parametrize(
    ("fulfilment", "moves", "events"),
    [
        (
            DELIVERY,
            [Move.CONFIRM, Move.COOK, Move.READY, Move.DISPATCH, Move.DELIVER],
            [OrderConfirmedEvent, CookingStartedEvent, OrderReadyEvent, OrderShippedEvent, OrderDeliveredEvent],
        ),
        (
            PICKUP,
            [Move.CONFIRM, Move.COOK, Move.READY, Move.COLLECT],
            [OrderConfirmedEvent, CookingStartedEvent, OrderReadyEvent, OrderCollectedEvent],
        ),
        (PICKUP, [Move.CANCEL], [OrderCancelledEvent]),
    ],
)
def test_a_life_raises_its_events_in_order_with_rising_versions(
    fulfilment: Fulfilment, moves: list[Move], events: list[type]
) -> None:
    order = placed(fulfilment)
    for move in moves:
        do(order, move)
    assert [type(event) for event in order.raised] == [OrderPlacedEvent, *events]
    assert [event.aggregate_version for event in order.raised] == list(range(1, len(moves) + 2))
    assert len({event.event_id for event in order.raised}) == len(moves) + 1
    assert order.open_moves == ()


def test_a_confirmed_event_carries_what_the_kitchen_needs() -> None:
    order = placed()
    order.confirm(NOW, NOW + timedelta(minutes=24))
    event = order.raised[-1]
    assert isinstance(event, OrderConfirmedEvent)
    assert (event.confirmed_time, event.total_amount, event.pizza_count) == (NOW, 4867, 3)
    assert event.estimated_ready_time == NOW + timedelta(minutes=24) == order.state.estimated_ready_time


@pytest.mark.parametrize("status", [OrderStatus.COOKING, OrderStatus.READY])
def test_a_customer_cannot_cancel_once_cooking_has_started_but_the_staff_can(status: OrderStatus) -> None:
    order = in_status(status, PICKUP)
    with pytest.raises(TooLateToCancel):
        order.cancel(NOW, "too slow", by_customer=True)
    assert order.state.status is status
    order.cancel(NOW, "burnt")
    assert order.state.status is OrderStatus.CANCELLED


@pytest.mark.parametrize(
    ("fulfilment", "lines", "parameter"),
    [
        (Fulfilment(type=FulfilmentType.DELIVERY), (LARGE,), "/fulfilment/address"),
        (Fulfilment(type=FulfilmentType.PICKUP, address=DELIVERY.address), (LARGE,), "/fulfilment/address"),
        (PICKUP, (OrderLine(pizza="x", size="s", quantity=0, unit_price=1),), "/items/0/quantity"),
        (PICKUP, (OrderLine(pizza="x", size="s", quantity=101, unit_price=1),), "/items"),
        (PICKUP, (LARGE,) * 51, "/items"),
    ],
)
def test_an_impossible_order_is_refused_and_names_the_part_at_fault(
    fulfilment: Fulfilment, lines: tuple[OrderLine, ...], parameter: str
) -> None:
    with pytest.raises(InvalidOrder) as refusal:
        placed(fulfilment, *lines)
    assert refusal.value.parameter == parameter


def test_a_decision_on_an_old_version_is_refused() -> None:
    order = in_status(OrderStatus.PENDING, PICKUP)
    order.expect_version(None)
    order.expect_version(1)
    with pytest.raises(StaleVersion):
        order.expect_version(2)


def test_events_cannot_be_changed() -> None:
    (event,) = placed().raised
    with pytest.raises(AttributeError):
        event.total_amount = 1  # type: ignore[attr-defined]


def test_restoring_raises_nothing() -> None:
    order = placed()
    assert Order.restore("order-1", order.state, 1).raised == ()


def test_every_error_has_a_code_of_its_own() -> None:
    def family(error: type[DomainError]) -> list[type[DomainError]]:
        return [error, *(below for child in error.__subclasses__() for below in family(child))]

    codes = [error.code for error in family(DomainError)]
    assert len(codes) == len(set(codes))


def late_events(order: Order) -> list[OrderRanLateEvent]:
    return [event for event in order.raised if isinstance(event, OrderRanLateEvent)]


def cooking_and_due(due: datetime) -> Order:
    order = in_status(OrderStatus.COOKING, DELIVERY)
    order.state.estimated_ready_time = due
    return order


@pytest.mark.parametrize(
    ("minutes", "seconds", "is_late"), [(-1, 0, False), (0, 0, False), (5, 0, False), (5, 1, True), (60, 0, True)]
)
def test_an_order_is_late_when_it_is_ready_more_than_five_minutes_after_its_time(
    minutes: int, seconds: int, is_late: bool
) -> None:
    order = cooking_and_due(NOW)
    now = NOW + timedelta(minutes=minutes, seconds=seconds)

    order.mark_ready(now, LUIGI)

    assert [(e.stage, e.due_time, e.seconds_late) for e in late_events(order)] == (
        [("ready", NOW, minutes * 60 + seconds)] if is_late else []
    )


def test_lateness_is_a_second_event_of_the_same_save_behind_the_move() -> None:
    order = cooking_and_due(NOW)
    before = order.version

    order.mark_ready(NOW + timedelta(minutes=6), LUIGI)

    assert [type(event) for event in order.raised] == [OrderReadyEvent, OrderRanLateEvent]
    assert [event.aggregate_version for event in order.raised] == [before + 1, before + 2]
    order.mark_saved()
    assert order.version == before + 2


def test_the_way_to_the_customer_takes_its_time() -> None:
    order = cooking_and_due(NOW)
    order.mark_ready(NOW, LUIGI)
    order.dispatch(NOW, "T-1", "Bike")
    in_time = Order.restore("order-1", replace(order.state), 5)

    in_time.mark_delivered(NOW + timedelta(minutes=25), timedelta(minutes=20))
    order.mark_delivered(NOW + timedelta(minutes=26), timedelta(minutes=20))

    assert late_events(in_time) == []
    assert [(e.stage, e.seconds_late) for e in late_events(order)] == [("delivered", 360)]


def test_who_was_promised_no_time_is_not_late() -> None:
    order = in_status(OrderStatus.COOKING, PICKUP)
    order.mark_ready(NOW + timedelta(days=1), LUIGI)
    assert late_events(order) == []
