"""Ready-made domain objects for tests; every part that matters to a test is a keyword."""

from datetime import datetime, timedelta

from application.clock import utc_now
from domain.identity import new_order_id
from domain.order import Order
from domain.order_lifecycle import FulfilmentType
from domain.order_state import Address, Customer, Fulfilment, OrderLine, StaffMember

LUIGI = StaffMember(id="luigi", name="Luigi")
PICKUP = Fulfilment(type=FulfilmentType.PICKUP)
DELIVERY = Fulfilment(
    type=FulfilmentType.DELIVERY, address=Address(street="1 Via Roma", city="Napoli", postal_code="80100")
)


def an_order(
    *,
    order_id: str | None = None,
    placed_at: datetime | None = None,
    phone: str = "+39 081 1234",
    email: str | None = None,
    fulfilment: Fulfilment = PICKUP,
    notes: str | None = None,
    idempotency_key: str | None = None,
    request_digest: str | None = None,
) -> Order:
    """A placed order of three pizzas that no store has seen yet."""
    now = placed_at or utc_now()
    return Order.place(
        order_id or new_order_id(now),
        customer=Customer(name="Anna", phone=phone, email=email),
        fulfilment=fulfilment,
        items=[
            OrderLine(pizza="margherita", size="large", quantity=2, unit_price=1699),
            OrderLine(pizza="diavola", size="small", quantity=1, unit_price=1469, extra_toppings=("olives",)),
        ],
        currency="EUR",
        now=now,
        notes=notes,
        idempotency_key=idempotency_key,
        request_digest=request_digest,
    )


def confirm(order: Order) -> None:
    now = utc_now()
    order.confirm(now, now + timedelta(minutes=12))
