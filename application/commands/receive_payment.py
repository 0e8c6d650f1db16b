"""Receive money for an order: at the counter, at the terminal, or as a provider reports it."""

from dataclasses import dataclass

from application.commands.change_order import ChangeOrder, OrderChanger
from application.ports import OrderView


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivePaymentCommand(ChangeOrder):
    """`amount` is in minor units of `currency` (ISO 4217). `payment_id` is the same in every repeat, which then changes
    nothing."""

    payment_id: str
    amount: int
    currency: str
    method: str


class ReceivePaymentCommandHandler:
    def __init__(self, changer: OrderChanger) -> None:
        self._changer = changer

    async def handle(self, command: ReceivePaymentCommand) -> OrderView:
        """Raises `InvalidPayment`, `WrongCurrency`, `OrderCancelled`, `PaymentIdReused`, `TooManyPayments`."""
        return await self._changer.change(
            command,
            lambda order, now: order.receive_payment(
                now, command.payment_id, amount=command.amount, currency=command.currency, method=command.method
            ),
        )
