"""What clients send about orders."""

import hashlib
import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, StringConstraints

from app.models.base import ONE_LINE, MenuId, Notes, QueryModel, RequestModel, ShortText, example
from application.commands.place_order import BasketItem, PlaceOrderCommand
from application.ports import OrderFilter
from domain.order_lifecycle import FulfilmentType, OrderStatus
from domain.order_rules import MAX_LINES
from domain.order_state import Address, Customer, Fulfilment

PUNCTUATION = re.compile(r"[ ()./-]")
PHONE = r"^\+?[0-9 ()./-]{5,30}$"
EMAIL = r"^[^\s@,;<>\x00-\x1f\x7f-\x9f]+@[^\s@,;<>\x00-\x1f\x7f-\x9f]+\.[^\s@.,;<>\x00-\x1f\x7f-\x9f]{2,}$"


def plain_number(phone: str) -> str:
    """One spelling for each number, so that it can be searched for: digits, behind a `+` where there is one."""
    number = PUNCTUATION.sub("", phone)
    if not 5 <= len(number.lstrip("+")) <= 15:
        raise ValueError("A phone number has 5 to 15 digits.")
    return number


Phone = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=5, max_length=30, pattern=PHONE),
    AfterValidator(plain_number),
    Field(description="5 to 15 digits, `+` in front if you like. Spaces and punctuation are dropped."),
]
Email = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254, pattern=EMAIL)]
PostalCode = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20, pattern=ONE_LINE)]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _written_out(text: object) -> object:
    if isinstance(text, str) and not re.match(r"\d{4}-\d{2}-\d{2}[Tt]", text):
        raise ValueError("Write the moment with its offset, such as 2026-05-04T18:30:00Z.")
    return text


#: No number of seconds, and nothing before there were orders.
Moment = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(lambda moment: max(moment, EPOCH))]

PLACE_ORDER_EXAMPLES = (
    {
        "customer": {"name": "Ada Rossi", "phone": "+39 055 123 4567", "email": "ada@example.com"},
        "fulfilment": {
            "type": "delivery",
            "address": {"street": "Via Roma 1", "city": "Firenze", "postalCode": "50123"},
        },
        "items": [
            {"pizza": "margherita", "size": "large", "quantity": 2, "extraToppings": ["olives"]},
            {"pizza": "diavola", "size": "small", "quantity": 1},
        ],
        "notes": "Ring twice",
    },
    {
        "customer": {"name": "Bo", "phone": "5551234"},
        "fulfilment": {"type": "pickup"},
        "items": [{"pizza": "marinara", "size": "medium", "quantity": 1}],
    },
)


class CustomerRequest(RequestModel):
    model_config = example(PLACE_ORDER_EXAMPLES[0]["customer"])  # type: ignore[arg-type]

    name: ShortText
    phone: Phone
    email: Email | None = None


class AddressRequest(RequestModel):
    model_config = example({"street": "Via Roma 1", "city": "Firenze", "postalCode": "50123"})

    street: ShortText
    city: ShortText
    postal_code: PostalCode


class FulfilmentRequest(RequestModel):
    """A delivery needs an address; a pickup takes none."""

    model_config = example(PLACE_ORDER_EXAMPLES[0]["fulfilment"], {"type": "pickup"})  # type: ignore[arg-type]

    type: FulfilmentType
    address: AddressRequest | None = None

    def to_fulfilment(self) -> Fulfilment:
        where = self.address
        if where is None:
            return Fulfilment(type=self.type)
        address = Address(street=where.street, city=where.city, postal_code=where.postal_code)
        return Fulfilment(type=self.type, address=address)


class OrderItemRequest(RequestModel):
    model_config = example({"pizza": "margherita", "size": "large", "quantity": 2, "extraToppings": ["olives"]})

    pizza: MenuId = Field(description="An id from GET /api/menu.")
    size: MenuId = Field(description="One of the pizza's sizes.")
    quantity: int = Field(ge=1, le=100)
    extra_toppings: list[MenuId] = Field([], max_length=20, description="Ids from GET /api/menu, on each pizza.")

    def to_basket_item(self) -> BasketItem:
        toppings = tuple(self.extra_toppings)
        return BasketItem(pizza=self.pizza, size=self.size, quantity=self.quantity, extra_toppings=toppings)


class PlaceOrderRequest(RequestModel):
    """Prices come from the menu, so there are none here."""

    model_config = example(*PLACE_ORDER_EXAMPLES)

    customer: CustomerRequest
    fulfilment: FulfilmentRequest
    items: list[OrderItemRequest] = Field(min_length=1, max_length=MAX_LINES)
    notes: Notes | None = None
    redeem_points: int = Field(
        0, ge=0, le=1_000_000, description="Loyalty points to pay with, at PIZZERIA_POINT_VALUE minor units each."
    )

    def to_command(self, idempotency_key: str | None) -> PlaceOrderCommand:
        customer = Customer(name=self.customer.name, phone=self.customer.phone, email=self.customer.email)
        fulfilment = self.fulfilment.to_fulfilment()
        items = tuple(item.to_basket_item() for item in self.items)
        points = (self.redeem_points,) if self.redeem_points else ()
        digest = _digest(customer, fulfilment, items, self.notes, *points) if idempotency_key else None
        return PlaceOrderCommand(
            customer=customer,
            fulfilment=fulfilment,
            items=items,
            notes=self.notes or None,
            idempotency_key=idempotency_key,
            request_digest=digest,
            redeem_points=self.redeem_points,
        )


class CancelOrderRequest(RequestModel):
    model_config = example({"reason": "Changed my mind"})

    reason: Notes | None = None


class DispatchOrderRequest(RequestModel):
    """Without a tracking number the order's id serves as one; without a carrier it is Mario's own drivers."""

    model_config = example({"trackingNumber": "MP-1042", "carrier": "Firenze Express"})

    tracking_number: ShortText | None = None
    carrier: ShortText | None = None


class OrdersQuery(QueryModel):
    """Every filter that is given must hold. The newest orders come first."""

    status: OrderStatus | None = None
    placed_from: Moment | None = Field(None, alias="from", description="Placed at or after this moment.")
    placed_to: Moment | None = Field(None, alias="to", description="Placed before this moment.")
    phone: Phone | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, pattern=r"^[0-9a-f-]{36}$", description="`nextCursor` of the page before.")

    def to_filter(self) -> OrderFilter:
        return OrderFilter(
            status=self.status,
            customer_phone=self.phone,
            placed_from=self.placed_from,
            placed_to=self.placed_to,
        )


def _digest(*parts: object) -> str:
    """The same for two requests that ask for the same, however their JSON is laid out."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()
