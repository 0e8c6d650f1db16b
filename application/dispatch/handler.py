"""What a reaction is: a class with the events that it takes and what it does about them."""

import asyncio
import types
from collections.abc import Sequence
from typing import Any, Generic, TypeVar, Union, get_args, get_origin

from application.dispatch.retry import BatchFailed
from domain.events import DomainEvent

E = TypeVar("E", bound=DomainEvent)


class EventHandler(Generic[E]):
    """Reacts to the events that its type parameter names: one class, a union, or `DomainEvent` for all.

    Its effect must be the same when an event comes again. A handler that raises is retried with backoff;
    `Rejected` parks the event at once, `Unavailable` makes the handler pause instead of blaming the event.
    The class's name is stored with what it still has to do: to rename it, first let its lane run dry.
    """

    #: Whether the events of one aggregate must arrive in the order in which they were raised.
    ordered: bool = True
    #: How many aggregates it works on at the same time.
    workers: int = 4
    #: Seconds that it may take for one event (or one batch).
    timeout: float = 30.0
    #: How many aggregates' events one call may carry. 1 for all but `BatchEventHandler`.
    batch_size: int = 1

    def wants(self, event_type: type[DomainEvent]) -> bool:
        """Whether it takes events of this class, of those that its type parameter names."""
        return True

    async def handle(self, event: E) -> None:
        raise NotImplementedError

    @property
    def name(self) -> str:
        return type(self).__name__

    async def deliver(self, events: Sequence[E]) -> None:
        """Handle the events of one aggregate in turn. Raises `BatchFailed` from the first failure on."""
        for index, event in enumerate(events):
            try:
                async with asyncio.timeout(self.timeout):
                    await self.handle(event)
            except Exception as failure:
                raise BatchFailed({late.event_id: failure for late in events[index:]}) from failure


class BatchEventHandler(EventHandler[E]):
    """Takes many events at once, of several aggregates, each aggregate's in order: one write, one request for all.

    It may raise `BatchFailed` to say which events failed; after any other exception each aggregate's events are
    delivered on their own, so that one bad event harms no other.
    """

    workers: int = 1
    batch_size: int = 200

    async def handle_batch(self, events: Sequence[E]) -> None:
        raise NotImplementedError

    async def deliver(self, events: Sequence[E]) -> None:
        async with asyncio.timeout(self.timeout):
            await self.handle_batch(events)


def handled_types(handler: type[EventHandler[Any]]) -> tuple[type[DomainEvent], ...]:
    """The event classes in the type parameter of a handler class. Raises TypeError where it has none."""
    for base in getattr(handler, "__orig_bases__", ()):
        origin = get_origin(base)
        if isinstance(origin, type) and issubclass(origin, EventHandler):
            (parameter,) = get_args(base)
            options = get_args(parameter) if get_origin(parameter) in (Union, types.UnionType) else (parameter,)
            return tuple(option for option in options if isinstance(option, type))
    raise TypeError(f"{handler.__name__} must name its events: EventHandler[SomeEvent]")
