"""Tells the world: every event that it is meant for goes out as a CloudEvent, where a sink is configured."""

from collections.abc import Sequence

from application.dispatch.handler import BatchEventHandler
from application.ports import CloudEventPublisher
from domain.events import DomainEvent


class CloudEventsHandler(BatchEventHandler[DomainEvent]):
    """The event's id is the CloudEvent's id in every try, so that a receiver can tell a repeat."""

    def __init__(self, publisher: CloudEventPublisher) -> None:
        self._publisher = publisher
        self.batch_size = publisher.batch_size
        self.workers = publisher.workers

    def wants(self, event_type: type[DomainEvent]) -> bool:
        return event_type.published

    async def handle_batch(self, events: Sequence[DomainEvent]) -> None:
        await self._publisher.publish(events)
