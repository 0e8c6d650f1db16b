"""What an operator can see in Prometheus: names, units, and how little each observation costs."""

import time
from collections import deque
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from application.dispatch.relay import Backlog
from application.health import Health
from application.telemetry import LATELY
from domain.stock import Level
from infrastructure.gauges import BacklogGauges, HealthGauges, StockGauges
from infrastructure.incoming_metrics import IncomingMetrics
from infrastructure.metric_types import Counts, Histogram
from infrastructure.order_metrics import OrderMetrics

#: Seconds, from a cached read to a request that timed out.
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
MOST_LOSSES = 10_000
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Durations(Histogram):
    def __init__(self, name: str, help_text: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        super().__init__(name, help_text, labels, BOUNDS, registry)


class Metrics:
    """Implements `application.telemetry.Telemetry`, and counts what happens at the edges. Seconds throughout."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        GCCollector(registry=registry)
        PlatformCollector(registry=registry)
        self._requests = Durations(
            "pizzeria_http_request_duration_seconds",
            "HTTP requests, from first byte to answer.",
            ["method", "route", "status"],
            registry,
        )
        self._executed = Durations(
            "pizzeria_use_case_duration_seconds", "Commands and queries.", ["request", "outcome"], registry
        )
        self._handled = Durations(
            "pizzeria_handler_duration_seconds", "Calls of event handlers, many events each.", ["handler"], registry
        )
        self._store = Durations(
            "pizzeria_store_operation_duration_seconds", "Operations on the store.", ["operation"], registry
        )
        self._sink = Durations(
            "pizzeria_sink_request_duration_seconds", "POSTs to the CloudEvents sink.", ["outcome"], registry
        )
        self._events = Counts("pizzeria_events_handled", "Events that a handler has done.", ["handler"], registry)
        self._retries = Counts(
            "pizzeria_delivery_retries", "Deliveries that will be tried again.", ["handler", "reason"], registry
        )
        self._parked = Counts(
            "pizzeria_deliveries_parked", "Deliveries that became dead letters.", ["handler"], registry
        )
        self._deferred = Counts(
            "pizzeria_deliveries_deferred", "Deliveries left in the store: no room.", ["handler"], registry
        )
        self._leases_lost = Counts("pizzeria_leases_lost", "Leases that ended before their work did.", [], registry)
        self._late = Counts(
            "pizzeria_orders_late", "Orders ready or delivered over five minutes late.", ["stage"], registry
        )
        self._losses: deque[float] = deque(maxlen=MOST_LOSSES)
        self.orders = OrderMetrics(registry)
        self.incoming = IncomingMetrics(registry)
        self._backlog = BacklogGauges(registry)
        self._health = HealthGauges(registry)
        self._stock = StockGauges(registry)

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format (`content_type`)."""
        return generate_latest(self.registry)

    # Telemetry

    def handled(self, handler: str, events: int, seconds: float) -> None:
        self._handled.observe((handler,), seconds)
        self._events.add((handler,), events)

    def retried(self, handler: str, reason: str) -> None:
        self._retries.add((handler, reason))

    def parked(self, handler: str) -> None:
        self._parked.add((handler,))

    def deferred(self, handler: str) -> None:
        self._deferred.add((handler,))

    def lease_lost(self) -> None:
        self._leases_lost.add(())
        self._losses.append(time.monotonic())

    def executed(self, request: str, outcome: str, seconds: float) -> None:
        self._executed.observe((request, outcome), seconds)

    def ran_late(self, stage: str) -> None:
        self._late.add((stage,))

    def stock(self, levels: Mapping[str, Level]) -> None:
        self._stock.levels = levels

    # Edges

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """`route` is the route's template, never a path: each value is a series for ever."""
        self._requests.observe((method if method in _METHODS else "other", route, str(status)), seconds)

    def store_operation(self, operation: str, seconds: float) -> None:
        self._store.observe((operation,), seconds)

    def sink_request(self, outcome: str, seconds: float) -> None:
        self._sink.observe((outcome,), seconds)

    # How it is

    def leases_lost_lately(self) -> int:
        """How many were lost in the last `LATELY` seconds, `MOST_LOSSES` at most."""
        horizon = time.monotonic() - LATELY
        return sum(moment > horizon for moment in self._losses)

    def update_backlog(self, backlog: Backlog) -> None:
        self._backlog.backlog = backlog

    def update_health(self, health: Health) -> None:
        self._health.health = health
        self.update_backlog(health.backlog)
