"""Customers and their points, as the staff sees and changes them."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from pydantic import Field, StringConstraints

from app.models.base import OrderId, QueryModel, RequestModel, ResponseModel, ShortText, Version, example
from app.models.events import EVENT_EXAMPLE, EventResponse, event_document
from app.models.order_requests import AddressRequest, Email, Phone
from app.models.order_responses import ORDER_EXAMPLE, AddressResponse, OrderResponse, order_json
from application.commands.change_customer import EditCustomerCommand
from application.ports.loyalty import MovementKind, PointsMovement
from application.queries.customers import CustomerExport, CustomerView, PointsView
from domain.customer import MAX_ADDRESSES, ContactDetails
from domain.order_state import Address

Language = Annotated[
    str,
    StringConstraints(max_length=35, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"),
    Field(description="BCP 47, such as `it` or `de-AT`; null: the pizzeria's."),
]
ADDRESS_EXAMPLE = {"street": "Via Roma 1", "city": "Firenze", "postalCode": "50123"}
CUSTOMER_EXAMPLE: dict[str, Any] = {
    "id": "8c1f5ab0c2f14f0d9b1f2a7c3d4e5f60",
    "version": 2,
    "phone": "+390551234567",
    "name": "Ada Rossi",
    "email": "ada@example.com",
    "addresses": [ADDRESS_EXAMPLE],
    "language": "it",
    "notifications": {"email": True, "sms": False},
    "firstOrderAt": "2026-05-04T18:30:00.125Z",
    "lastOrderAt": "2026-05-11T19:02:11.004Z",
}
MOVEMENT_EXAMPLE: dict[str, Any] = {
    "id": f"{ORDER_EXAMPLE['id']}:earned",
    "orderId": ORDER_EXAMPLE["id"],
    "kind": "earned",
    "points": 36,
    "at": "2026-05-04T18:31:00.125Z",
}
POINTS_EXAMPLE: dict[str, Any] = {"balance": 36, "movements": [MOVEMENT_EXAMPLE], "nextCursor": None}


class NotificationsRequest(RequestModel):
    model_config = example(CUSTOMER_EXAMPLE["notifications"])

    email: bool = True
    sms: bool = True


class CustomerProfileRequest(RequestModel):
    """All of what can be changed; the phone number is who the customer is."""

    model_config = example(
        {name: CUSTOMER_EXAMPLE[name] for name in ("name", "email", "addresses", "language", "notifications")}
    )

    name: ShortText
    email: Email | None = None
    addresses: list[AddressRequest] = Field([], max_length=MAX_ADDRESSES)
    language: Language | None = None
    notifications: NotificationsRequest = NotificationsRequest()

    def to_command(self, customer_id: str, expected_version: int | None, user_id: str) -> EditCustomerCommand:
        addresses = tuple(
            Address(street=where.street, city=where.city, postal_code=where.postal_code) for where in self.addresses
        )
        details = ContactDetails(
            name=self.name,
            email=self.email,
            addresses=addresses,
            language=self.language,
            email_wanted=self.notifications.email,
            sms_wanted=self.notifications.sms,
        )
        return EditCustomerCommand(
            customer_id=customer_id, details=details, expected_version=expected_version, user_id=user_id
        )


class CustomersQuery(QueryModel):
    phone: Phone


class CustomerOrdersQuery(QueryModel):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, pattern=r"^[0-9a-f-]{36}$", description="`nextCursor` of the page before.")


class PointsQuery(QueryModel):
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(
        None, pattern=r"^[0-9a-f-]{36}:[a-z_]{1,20}$", description="`nextCursor` of the page before."
    )


class NotificationsResponse(ResponseModel):
    email: bool
    sms: bool


class CustomerProfileResponse(ResponseModel):
    model_config = example(CUSTOMER_EXAMPLE)

    id: str = Field(description="Follows from the phone number, and does not tell it.")
    version: Version
    phone: str
    name: str
    email: str | None
    addresses: list[AddressResponse] = Field(description="The last ones, the newest first.")
    language: str | None
    notifications: NotificationsResponse
    first_order_at: datetime | None
    last_order_at: datetime | None

    @classmethod
    def of(cls, view: CustomerView) -> "CustomerProfileResponse":
        state, details = view.state, view.state.details
        return cls(
            id=view.id,
            version=view.version,
            phone=state.phone,
            name=details.name,
            email=details.email,
            addresses=[AddressResponse.model_validate(address) for address in details.addresses],
            language=details.language,
            notifications=NotificationsResponse(email=details.email_wanted, sms=details.sms_wanted),
            first_order_at=state.first_order_at,
            last_order_at=view.last_order_at,
        )


class CustomersResponse(ResponseModel):
    model_config = example({"items": [CUSTOMER_EXAMPLE]})

    items: list[CustomerProfileResponse] = Field(description="One, or none.")


class MovementResponse(ResponseModel):
    model_config = example(MOVEMENT_EXAMPLE)

    id: str
    order_id: OrderId
    kind: MovementKind
    points: int = Field(description="Above zero where the customer gets them.")
    at: datetime


class PointsResponse(ResponseModel):
    model_config = example(POINTS_EXAMPLE)

    balance: int = Field(
        description="What can be redeemed now; below zero where more was taken back than there was left."
    )
    movements: list[MovementResponse] = Field(description="The newest first.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")

    @classmethod
    def of(cls, view: PointsView) -> "PointsResponse":
        return cls(balance=view.balance, movements=[_movement(m) for m in view.movements], next_cursor=view.next_cursor)


class CustomerExportResponse(ResponseModel):
    """All that is kept of a person."""

    model_config = example(
        {"customer": CUSTOMER_EXAMPLE, "orders": [ORDER_EXAMPLE], "events": [EVENT_EXAMPLE], "points": POINTS_EXAMPLE}
    )

    customer: CustomerProfileResponse
    orders: list[OrderResponse] = Field(description="The newest first.")
    events: list[EventResponse] = Field(description="Of the profile, and of each order.")
    points: PointsResponse


def export_json(export: CustomerExport) -> bytes:
    """Write a `CustomerExportResponse`."""
    return msgspec.json.encode(
        {
            "customer": _raw(CustomerProfileResponse.of(export.customer)),
            "orders": [msgspec.Raw(order_json(order)) for order in export.orders],
            "events": [event_document(entry.event) for entry in export.events],
            "points": _raw(PointsResponse.of(export.points)),
        }
    )


def _raw(model: ResponseModel) -> msgspec.Raw:
    return msgspec.Raw(model.model_dump_json(by_alias=True).encode())


def _movement(movement: PointsMovement) -> MovementResponse:
    return MovementResponse.model_validate(movement)
