"""Analytics hears of an order: its fact follows it."""

import secrets
from collections.abc import Sequence

from application.analytics.facts import CustomerKeys, FactEvent, fold
from application.dispatch.handler import BatchEventHandler
from application.ports import SecretStore
from application.ports.analytics import OrderFacts
from domain.events import (
    CookingStartedEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderCustomerErasedEvent,
    OrderDeliveredEvent,
    OrderPlacedEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)


class OrderFactsHandler(
    BatchEventHandler[
        OrderPlacedEvent
        | OrderConfirmedEvent
        | CookingStartedEvent
        | OrderReadyEvent
        | OrderShippedEvent
        | OrderDeliveredEvent
        | OrderCollectedEvent
        | OrderCancelledEvent
        | OrderCustomerErasedEvent
    ]
):
    """A fact ignores what it has seen; what is rolled up is made anew from facts, so that nothing counts twice."""

    def __init__(self, facts: OrderFacts, secrets: SecretStore) -> None:
        self._facts = facts
        self._secrets = secrets
        self._keys: CustomerKeys | None = None

    async def handle_batch(self, events: Sequence[FactEvent]) -> None:
        if self._keys is None:
            self._keys = await customer_keys(self._secrets)
        await self._facts.apply(fold(events, self._keys))


async def customer_keys(store: SecretStore) -> CustomerKeys:
    """Made with the secret that all replicas share. Raises `StoreUnavailable`."""
    return CustomerKeys(await store.get_or_create("analytics", secrets.token_bytes(32)))
