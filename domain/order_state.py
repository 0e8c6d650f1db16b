"""What an order consists of: plain values, which stores keep and readers read."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.order_lifecycle import FulfilmentType, OrderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    name: str
    phone: str
    email: str | None = None


#: Who placed an order, once that is erased.
NOBODY = Customer(name="", phone="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    street: str
    city: str
    postal_code: str

    def __str__(self) -> str:
        return f"{self.street}, {self.postal_code} {self.city}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fulfilment:
    type: FulfilmentType
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """`unit_price` is for one pizza with its extra toppings, at the price when the order was placed."""

    pizza: str
    size: str
    quantity: int
    unit_price: int
    extra_toppings: tuple[str, ...] = ()

    @property
    def line_total(self) -> int:
        return self.unit_price * self.quantity


class PaymentMethod(StrEnum):
    CASH = "cash"
    CARD = "card"
    TERMINAL = "terminal"
    ONLINE = "online"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money received, in the order's currency. `id` is the payer's, the terminal's or the provider's: a repeat has the
    same."""

    id: str
    amount: int
    method: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """Who works on the order: `id` is stable, `name` is for people."""

    id: str
    name: str


@dataclass(slots=True, kw_only=True)
class OrderState:
    status: OrderStatus
    customer: Customer
    fulfilment: Fulfilment
    items: tuple[OrderLine, ...]
    currency: str
    total_amount: int
    pizza_count: int
    placed_at: datetime
    notes: str | None = None
    estimated_ready_time: datetime | None = None
    confirmed_at: datetime | None = None
    cooking_started_at: datetime | None = None
    cooked_by: str | None = None
    ready_at: datetime | None = None
    dispatched_at: datetime | None = None
    tracking_number: str | None = None
    carrier: str | None = None
    driver_id: str | None = None
    driver_name: str | None = None
    delivered_at: datetime | None = None
    collected_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    idempotency_key: str | None = None
    request_digest: str | None = None
    payments: tuple[Payment, ...] = ()
    #: What `points_redeemed` took off; `total_amount` is what is left to pay.
    discount: int = 0
    points_redeemed: int = 0

    @property
    def paid(self) -> int:
        """All that has been received, whatever became of the order."""
        return sum(payment.amount for payment in self.payments)

    @property
    def due(self) -> int:
        """What is still to be paid; nothing for a cancelled order."""
        return 0 if self.status is OrderStatus.CANCELLED else max(0, self.total_amount - self.paid)

    @property
    def overpaid(self) -> int:
        """What was received beyond the total, or at all for an order that was cancelled: it belongs to the customer."""
        return max(0, self.paid - (0 if self.status is OrderStatus.CANCELLED else self.total_amount))

    @property
    def status_since(self) -> datetime:
        """When it came to be in its status."""
        return self._entered[self.status] or self.placed_at

    @property
    def _entered(self) -> dict[OrderStatus, datetime | None]:
        return {
            OrderStatus.PENDING: self.placed_at,
            OrderStatus.CONFIRMED: self.confirmed_at,
            OrderStatus.COOKING: self.cooking_started_at,
            OrderStatus.READY: self.ready_at,
            OrderStatus.DELIVERING: self.dispatched_at,
            OrderStatus.DELIVERED: self.delivered_at,
            OrderStatus.COLLECTED: self.collected_at,
            OrderStatus.CANCELLED: self.cancelled_at,
        }
