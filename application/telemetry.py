"""What the application tells an operator while it works. Metrics implement it at the edge."""

from collections.abc import Mapping
from typing import Protocol

from domain.order_state import OrderState
from domain.stock import Level

#: What happened longer ago than this is over, in seconds.
LATELY = 7.0


class Telemetry(Protocol):
    """Counts and times. Seconds throughout."""

    def handled(self, handler: str, events: int, seconds: float) -> None: ...

    def retried(self, handler: str, reason: str) -> None: ...

    def parked(self, handler: str) -> None: ...

    def deferred(self, handler: str) -> None: ...

    def lease_lost(self) -> None: ...

    def executed(self, request: str, outcome: str, seconds: float) -> None: ...

    def ran_late(self, stage: str) -> None: ...


class OrderTelemetry(Protocol):
    """What becomes of orders, told once a change is on disk."""

    def placed(self, order: OrderState) -> None: ...

    def moved(self, source: str, target: str, seconds: float) -> None:
        """From one status to another; it was in `source` for so many seconds."""
        ...


class StockTelemetry(Protocol):
    def stock(self, levels: Mapping[str, Level]) -> None:
        """How much there is of every ingredient, as it was just seen: it takes the place of what was told before."""
        ...


class NoTelemetry:
    """Tells nobody."""

    def handled(self, handler: str, events: int, seconds: float) -> None: ...

    def retried(self, handler: str, reason: str) -> None: ...

    def parked(self, handler: str) -> None: ...

    def deferred(self, handler: str) -> None: ...

    def lease_lost(self) -> None: ...

    def executed(self, request: str, outcome: str, seconds: float) -> None: ...

    def placed(self, order: OrderState) -> None: ...

    def moved(self, source: str, target: str, seconds: float) -> None: ...

    def ran_late(self, stage: str) -> None: ...

    def stock(self, levels: Mapping[str, Level]) -> None: ...
