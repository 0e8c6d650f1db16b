"""The clock that a store's leases, due times and ages are kept by, the same for every process on the store."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from application.clock import STEADY_ORIGIN, monotonic_ms, utc_now
from application.dispatch.outbox import PendingEvent


class StoreClock:
    """Runs on this machine's monotonic clock, so that nothing that is done to the system's clock moves it. Each store
    has its own way to set it; until then it shows this machine's time."""

    def __init__(self) -> None:
        #: What it showed when the monotonic clock showed 0, in milliseconds.
        self._origin = STEADY_ORIGIN

    def now_ms(self) -> int:
        """The store's present moment, in milliseconds since 1970, UTC."""
        return self._origin + monotonic_ms()

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    @property
    def exact_skew(self) -> float:
        """How far it is ahead of this machine's clock at this moment, in seconds."""
        return (self.now() - utc_now()).total_seconds()

    @property
    def skew(self) -> timedelta:
        """The same in whole seconds: finer, ages would tremble where the clocks agree."""
        return timedelta(seconds=round(self.exact_skew))

    def waiting_since(self, occurred_at: datetime) -> datetime:
        """When, by this clock, something happened that the system's clock of some replica dated: never in the future,
        which would hide how long it waits."""
        return min(occurred_at + self.skew, self.now())

    # What is due is told by `steady_now` in the application, and by this clock in the store.

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of `steady_now`."""
        return timedelta(milliseconds=self._origin - STEADY_ORIGIN)

    def to_store(self, pending: Iterable[PendingEvent]) -> list[PendingEvent]:
        return _shifted(pending, self.ahead)

    def from_store(self, pending: Iterable[PendingEvent]) -> list[PendingEvent]:
        return _shifted(pending, -self.ahead)


def _shifted(pending: Iterable[PendingEvent], by: timedelta) -> list[PendingEvent]:
    return [_shift(entry, by) if entry.todo and by else entry for entry in pending]


def _shift(pending: PendingEvent, by: timedelta) -> PendingEvent:
    todo = pending.todo and {
        name: replace(delivery, due=delivery.due + by) if delivery.due else delivery
        for name, delivery in pending.todo.items()
    }
    return PendingEvent(pending.event, todo)
