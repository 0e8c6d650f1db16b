"""What the staff says about money that came in, and in what words it is shown."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import Field, StringConstraints

from app.models.base import RequestModel, ResponseModel, example
from domain.order_state import OrderState, PaymentMethod

PaidAmount = Annotated[int, Field(ge=1, le=2**53, description="In minor units of the currency: 1325 is 13.25.")]
Currency = Annotated[str, StringConstraints(pattern="^[A-Z]{3}$"), Field(description="ISO 4217; the order's own.")]
PaymentId = Annotated[str, StringConstraints(pattern="^[!-~]{1,200}$"), Field(description="Visible ASCII characters.")]


class ReceivePaymentRequest(RequestModel):
    """Part payments are fine, and so is more than what is due."""

    model_config = example(
        {"amount": 3638, "currency": "USD", "method": "terminal", "paymentId": "T-2026-000042"},
        {"amount": 2000, "currency": "USD", "method": "cash"},
    )

    amount: PaidAmount
    currency: Currency
    method: PaymentMethod = Field(strict=False)
    payment_id: PaymentId | None = Field(
        None, description="The same in a repeat, which then changes nothing. Without one, `Idempotency-Key` serves."
    )


PAYMENT_EXAMPLE: dict[str, Any] = {
    "paymentId": "T-2026-000042",
    "amount": 3638,
    "currency": "USD",
    "method": "terminal",
    "receivedAt": "2026-05-04T18:31:07.250Z",
}


class PaymentResponse(ResponseModel):
    model_config = example(PAYMENT_EXAMPLE)

    payment_id: str
    amount: int = Field(description="In minor units of the currency.")
    currency: str
    method: str
    received_at: datetime


class OrderPaymentsResponse(ResponseModel):
    model_config = example({"items": [PAYMENT_EXAMPLE]})

    items: list[PaymentResponse]

    @classmethod
    def of(cls, order: OrderState) -> Self:
        return cls(
            items=[
                PaymentResponse(
                    payment_id=payment.id,
                    amount=payment.amount,
                    currency=order.currency,
                    method=payment.method,
                    received_at=payment.received_at,
                )
                for payment in order.payments
            ]
        )
