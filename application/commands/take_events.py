"""Take what others report: each CloudEvent once, on disk before it is acknowledged."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from application.clock import utc_now
from application.mediator import Command
from domain.errors import DuplicateId
from domain.events import IncomingEvent
from domain.incoming import Incoming
from domain.repositories import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEvent:
    """A CloudEvent that was checked at the door: `facts` are the fields of `event_class` that its data gives."""

    source: str
    id: str
    type_name: str
    time: datetime | None
    event_class: type[IncomingEvent]
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """How many were new, and how many had been here before: all of them are on disk now."""

    new: int
    repeated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeEventsCommand(Command[Taken]):
    events: Sequence[ReportedEvent]


class TakeEventsCommandHandler:
    def __init__(self, inbox: Repository[Incoming]) -> None:
        self._inbox = inbox

    async def handle(self, command: TakeEventsCommand) -> Taken:
        """Raises `StoreUnavailable`, with some of them taken perhaps: send all again, none counts twice."""
        now = utc_now()
        entries = {entry.id: entry for entry in (_entry(event, now) for event in command.events)}
        answers = await asyncio.gather(*map(self._inbox.add, entries.values()), return_exceptions=True)
        failures = [answer for answer in answers if answer is not None]
        for failure in failures:
            if not isinstance(failure, DuplicateId):
                raise failure
        new = len(entries) - len(failures)
        return Taken(new, len(command.events) - new)


def _entry(event: ReportedEvent, now: datetime) -> Incoming:
    return Incoming.take(
        event.event_class,
        source=event.source,
        cloud_event_id=event.id,
        cloud_event_type=event.type_name,
        cloud_event_time=event.time,
        facts=event.facts,
        now=now,
    )
