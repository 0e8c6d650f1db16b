"""What an earlier release has stored still loads."""

import msgspec

from domain.order_state import OrderState
from infrastructure.serialization import from_document, to_document, to_json
from tests.builders import an_order

#: Fields that orders have been given since they were first stored.
ADDED = ("payments",)


def test_an_order_from_before_there_were_payments_loads_as_unpaid() -> None:
    state = an_order().state
    kept = {name: value for name, value in to_document(state).items() if name not in ADDED}

    assert from_document(kept, OrderState) == state
    assert msgspec.json.decode(to_json(kept), type=OrderState) == state
