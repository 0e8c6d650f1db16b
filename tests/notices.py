"""Messages for the tests, as a handler makes them of an event."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from application.ports import OrderView
from application.ports.notifications import Message, MessageComposer, Notice, NotificationKind
from domain.order_lifecycle import OrderStatus
from domain.order_state import Customer
from infrastructure.notifications.composer import TemplateComposer
from tests.builders import DELIVERY, an_order

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
EVENT_ID = "019cac2f-0000-7000-8000-000000000001"
ORDER_ID = "019cac2f-0000-7000-8000-0000000abcde"
COMPOSER = TemplateComposer("en", "Europe/Rome")


def a_view(*, name: str = "Anna", **changes: Any) -> OrderView:
    """An order of three pizzas for 48.67 EUR, confirmed and on its way; keywords replace fields of its state."""
    order = an_order(order_id=ORDER_ID, placed_at=NOON, fulfilment=DELIVERY, email="anna@example.org")
    fields: dict[str, Any] = {
        "status": OrderStatus.DELIVERING,
        "customer": Customer(name=name, phone="+39081123456", email="anna@example.org"),
        "estimated_ready_time": NOON + timedelta(minutes=25),
        "tracking_number": "MP-1",
        "carrier": "Firenze Express",
        "cancel_reason": "No more dough",
    }
    return OrderView(ORDER_ID, 5, replace(order.state, **fields | changes))


def a_notice(kind: NotificationKind, language: str | None = None, **changes: Any) -> Notice:
    return Notice(kind=kind, order=a_view(**changes), language=language)


def a_message(
    kind: NotificationKind = NotificationKind.CONFIRMED,
    *,
    to: str = "anna@example.org",
    language: str | None = None,
    composer: MessageComposer = COMPOSER,
    **changes: Any,
) -> Message:
    return Message(
        event_id=EVENT_ID,
        happened_at=NOON,
        to=to,
        notice=a_notice(kind, language, **changes),
        composer=composer,
    )
