"""A provider, or a terminal, reports a payment: it is received for its order."""

import asyncio
from collections.abc import Sequence

from application.commands.receive_payment import ReceivePaymentCommand
from application.dispatch.handler import BatchEventHandler
from application.dispatch.retry import BatchFailed
from application.events.integration.refusals import verdict
from application.mediator import Mediator
from domain.errors import DomainError
from domain.events import PaymentReportedEvent


class PaymentReportedHandler(BatchEventHandler[PaymentReportedEvent]):
    """The order knows a payment by its id, so a repeat changes nothing. Payments for one order are received in turn,
    since they would only race each other; those for different orders at once."""

    batch_size = 100

    def __init__(self, mediator: Mediator) -> None:
        self._mediator = mediator

    async def handle_batch(self, events: Sequence[PaymentReportedEvent]) -> None:
        by_order: dict[str, list[PaymentReportedEvent]] = {}
        for event in events:
            by_order.setdefault(event.order_id, []).append(event)
        failures: dict[str, Exception] = {}
        await asyncio.gather(*(self._receive_in_turn(payments, failures) for payments in by_order.values()))
        if failures:
            raise BatchFailed(failures)

    async def _receive_in_turn(self, payments: Sequence[PaymentReportedEvent], failures: dict[str, Exception]) -> None:
        for payment in payments:
            try:
                await self._mediator.execute(_command(payment))
            except DomainError as refusal:
                failures[payment.event_id] = verdict(refusal)


def _command(event: PaymentReportedEvent) -> ReceivePaymentCommand:
    return ReceivePaymentCommand(
        order_id=event.order_id,
        payment_id=event.payment_id,
        amount=event.amount,
        currency=event.currency,
        method=event.method,
    )
