"""The order's life against its table of transitions: any sequence of verbs, legal or not, saved and loaded at will."""

import copy

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from application.clock import utc_now
from domain.errors import IllegalMove, TooLateToCancel
from domain.order import Order
from domain.order_lifecycle import CUSTOMER_MAY_CANCEL, TRANSITIONS, Move, OrderStatus
from domain.order_state import OrderState
from infrastructure.serialization import from_document, to_document, to_json
from tests.builders import DELIVERY, PICKUP, an_order
from tests.model.moves import make_move

EVENTS = {
    Move.CONFIRM: "OrderConfirmedEvent",
    Move.COOK: "CookingStartedEvent",
    Move.READY: "OrderReadyEvent",
    Move.DISPATCH: "OrderShippedEvent",
    Move.DELIVER: "OrderDeliveredEvent",
    Move.COLLECT: "OrderCollectedEvent",
    Move.CANCEL: "OrderCancelledEvent",
}


class OrderLife(RuleBasedStateMachine):
    """The model is a status, and what was raised since the last save."""

    @initialize(delivered=st.booleans())
    def place(self, delivered: bool) -> None:
        self.order = an_order(fulfilment=DELIVERY if delivered else PICKUP)
        self.status = OrderStatus.PENDING
        self.raised = ["OrderPlacedEvent"]

    @rule(move=st.sampled_from(Move))
    def move(self, move: Move) -> None:
        if self._is_legal(move):
            make_move(self.order, move)
            self._moved(move)
            return
        before = self._snapshot()
        with pytest.raises(IllegalMove):
            make_move(self.order, move)
        assert self._snapshot() == before

    @rule()
    def cancel_as_the_customer(self) -> None:
        if self.status in CUSTOMER_MAY_CANCEL:
            self.order.cancel(utc_now(), "too slow", by_customer=True)
            self._moved(Move.CANCEL)
            return
        before = self._snapshot()
        with pytest.raises(TooLateToCancel if self._is_legal(Move.CANCEL) else IllegalMove):
            self.order.cancel(utc_now(), "too slow", by_customer=True)
        assert self._snapshot() == before

    @rule()
    def save(self) -> None:
        """A save without events moves the version, too."""
        before = self.order.version
        self.order.mark_saved()
        assert self.order.version == before + max(1, len(self.raised))
        self.raised.clear()

    @rule(as_json=st.booleans())
    def load(self, as_json: bool) -> None:
        """What is not saved is lost, so load only after a save."""
        if self.raised:
            return
        kept: OrderState = (
            msgspec.json.decode(to_json(self.order.state), type=OrderState)
            if as_json
            else from_document(to_document(self.order.state), OrderState)
        )
        again = Order.restore(self.order.id, kept, self.order.version)
        assert (again.id, again.version, again.state) == (self.order.id, self.order.version, self.order.state)
        assert again.raised == ()
        assert again.open_moves == self.order.open_moves
        self.order = again

    @invariant()
    def it_is_what_the_table_says(self) -> None:
        order = self.order
        assert order.state.status is self.status
        assert [type(event).__name__ for event in order.raised] == self.raised
        assert [event.aggregate_version for event in order.raised] == [
            order.version + number for number in range(1, len(self.raised) + 1)
        ]
        assert set(order.open_moves) == {move for move in Move if self._is_legal(move)}

    def _is_legal(self, move: Move) -> bool:
        transition = TRANSITIONS[move]
        fits = transition.fulfilment in (None, self.order.state.fulfilment.type)
        return fits and self.status in transition.sources

    def _moved(self, move: Move) -> None:
        self.status = TRANSITIONS[move].target
        self.raised.append(EVENTS[move])

    def _snapshot(self) -> object:
        return copy.deepcopy((self.order.state, self.order.raised, self.order.version))


def test_an_order_lives_by_its_table_whatever_is_asked_of_it() -> None:
    run_state_machine_as_test(
        OrderLife, settings=settings(max_examples=150, stateful_step_count=30, deadline=None, print_blob=True)
    )
