"""Customers hear of their orders, by SMS and by e-mail.

Two handlers, each with a lane and a breaker of its own, so that a slow mail server delays no SMS. What a provider
rejects for one recipient is on record as `rejected`, and the order's later messages go on: it makes no dead letter.
"""

from application.notifier import ChannelHandler, Notifier
from application.ports import OrderQueries
from application.ports.customers import CustomerDirectory
from application.ports.notifications import Channel, MailGateway, MessageComposer, NotificationLog, SmsGateway
from domain.events import (
    CookingStartedEvent,
    OrderCancelledEvent,
    OrderConfirmedEvent,
    OrderDeliveredEvent,
    OrderPlacedEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)


class SmsNotificationHandler(
    ChannelHandler[
        OrderConfirmedEvent
        | CookingStartedEvent
        | OrderReadyEvent
        | OrderShippedEvent
        | OrderDeliveredEvent
        | OrderCancelledEvent
    ]
):
    """Not of the placing: whoever places an order is answered then and there, and an SMS costs money."""

    def __init__(
        self,
        gateway: SmsGateway,
        composer: MessageComposer,
        orders: OrderQueries,
        customers: CustomerDirectory,
        log: NotificationLog,
    ) -> None:
        notifier = Notifier(Channel.SMS, gateway, composer=composer, orders=orders, customers=customers, log=log)
        super().__init__(notifier, gateway)


class EmailNotificationHandler(
    ChannelHandler[
        OrderPlacedEvent
        | OrderConfirmedEvent
        | CookingStartedEvent
        | OrderReadyEvent
        | OrderShippedEvent
        | OrderDeliveredEvent
        | OrderCancelledEvent
    ]
):
    """The mails of the placing and of the confirmation are receipts: lines, discount and total."""

    def __init__(
        self,
        gateway: MailGateway,
        composer: MessageComposer,
        orders: OrderQueries,
        customers: CustomerDirectory,
        log: NotificationLog,
    ) -> None:
        notifier = Notifier(Channel.EMAIL, gateway, composer=composer, orders=orders, customers=customers, log=log)
        super().__init__(notifier, gateway)
