"""What is wrong, if anything: one assessment, for the readiness answer, the metrics and the log alike."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog

from application.background import end, run_forever
from application.clock import utc_now
from application.dispatch.breaker import BreakerState
from application.dispatch.lane import Lane
from application.dispatch.relay import Backlog, Relay
from application.dispatch.track_record import Trouble
from application.store import Store
from application.store_watch import StoreWatch

#: A backlog measured longer ago than this tells nothing, in seconds.
STALE_SECONDS = 10.0
#: How far this machine's clock may be off the store's, in seconds.
LARGEST_SKEW = 5.0
INTERVAL_SECONDS = 1.0

Status = Literal["ready", "degraded", "unready"]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HandlerHealth:
    """`waiting` counts the aggregates with events that wait for this handler alone, or for it and others."""

    paused: bool = False
    trouble: Trouble | None = None
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """Times in seconds. `store_error` is None while the store answers."""

    store_error: str | None
    clock_skew: float
    backlog: Backlog
    oldest: float
    in_time: bool
    handlers: Mapping[str, HandlerHealth]
    leases_lost: int

    @property
    def paused(self) -> list[str]:
        return [name for name, handler in self.handlers.items() if handler.paused]

    @property
    def troubles(self) -> dict[str, Trouble]:
        return {name: handler.trouble for name, handler in self.handlers.items() if handler.trouble}

    @property
    def reasons(self) -> list[str]:
        """The names of what is wrong: what `unready` or `degraded` is about."""
        wrong = {
            "store_unavailable": self.store_error,
            "clock_off": abs(self.clock_skew) > LARGEST_SKEW,
            "backlog_old": not self.in_time,
            "handler_paused": self.paused,
            "handler_failing": self.troubles,
            "dead_letters": self.backlog.dead_letters,
            "leases_lost": self.leases_lost,
        }
        return [reason for reason, so in wrong.items() if so]

    @property
    def status(self) -> Status:
        if not self.store_up:
            return "unready"
        return "degraded" if self.reasons else "ready"

    @property
    def store_up(self) -> bool:
        return self.store_error is None

    @property
    def degraded(self) -> bool:
        return self.status == "degraded"


class HealthMonitor:
    """Between `start` and `stop` it watches the store, and logs `health_changed`."""

    def __init__(self, store: Store, relay: Relay, leases_lost: Callable[[], int], backlog_max_age: float) -> None:
        """`leases_lost` counts those of the last seconds; `backlog_max_age` is in seconds."""
        self._store = store
        self._relay = relay
        self._leases_lost = leases_lost
        self._backlog_max_age = backlog_max_age
        self._store_watch = StoreWatch(store.ping)
        self._told: list[str] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._store_watch.start()
        self._task = run_forever("health", self._tell_forever)

    async def stop(self) -> None:
        await self._store_watch.stop()
        if self._task:
            await end([self._task])

    def assess(self) -> Health:
        """How the service is now. Asks nobody, so it answers at once whatever hangs."""
        backlog = self._relay.backlog
        oldest = backlog.oldest_age(utc_now())
        lately = time.monotonic() - backlog.measured_at < STALE_SECONDS
        waiting = backlog.by_handler()
        lanes = self._relay.dispatcher.lanes
        return Health(
            store_error=self._store_watch.error,
            clock_skew=self._store.clock_skew,
            backlog=backlog,
            oldest=oldest,
            in_time=lately and oldest <= self._backlog_max_age,
            handlers={name: _handler_health(lanes[name], waiting.get(name, 0)) for name in sorted(lanes)},
            leases_lost=self._leases_lost(),
        )

    async def _tell_forever(self) -> None:
        while True:
            health = self.assess()
            if health.reasons != self._told:
                self._told = health.reasons
                log.warning("health_changed", status=health.status, reasons=health.reasons)
            await asyncio.sleep(INTERVAL_SECONDS)


def _handler_health(lane: Lane, waiting: int) -> HandlerHealth:
    trouble = lane.record.trouble(waiting > 0, lane.breaker is not BreakerState.CLOSED)
    # A breaker closes with the next delivery, and where none waits that may be hours away.
    paused = lane.breaker is BreakerState.OPEN or (lane.breaker is BreakerState.HALF_OPEN and trouble is not None)
    return HandlerHealth(paused, trouble, waiting)
