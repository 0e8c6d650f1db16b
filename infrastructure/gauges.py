"""How the service is, as gauges: the same assessment that `/health/ready` tells, and what is in stock."""

import time
from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from application.clock import utc_now
from application.dispatch.outbox import FRESH_LANE
from application.dispatch.relay import Backlog
from application.health import Health
from domain.stock import Level

FRESH = "fresh"
#: Each is two series for ever.
MOST_INGREDIENTS = 500


class BacklogGauges(Collector):
    """The backlog as last measured. Ages are taken at the scrape; a lane that was once seen stays, at zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.backlog = Backlog()
        self._seen = {FRESH}
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        backlog = self.backlog
        documents = GaugeMetricFamily(
            "pizzeria_backlog_documents", "Aggregates with events that wait, by who they wait for.", labels=["lane"]
        )
        ages = GaugeMetricFamily(
            "pizzeria_backlog_oldest_age_seconds", "Age of the oldest event that waits.", labels=["lane"]
        )
        counts, oldest = _by_lane(backlog)
        self._seen |= counts.keys()
        now = utc_now()
        for lane in sorted(self._seen):
            documents.add_metric([lane], counts.get(lane, 0))
            since = oldest.get(lane)
            ages.add_metric([lane], max(0.0, (now - since).total_seconds()) if since else 0.0)
        yield documents
        yield ages
        yield GaugeMetricFamily(
            "pizzeria_dead_letters_documents", "Aggregates with a parked delivery.", value=backlog.dead_letters
        )
        if backlog.measured_at:
            yield GaugeMetricFamily(
                "pizzeria_backlog_measurement_age_seconds",
                "Seconds since the backlog was last measured: it grows while the store does not answer.",
                value=time.monotonic() - backlog.measured_at,
            )


class HealthGauges(Collector):
    """Nothing until the first assessment. Gauges are 1 for yes and 0 for no, unless they end in a unit."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.health: Health | None = None
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        health = self.health
        if health is None:
            return
        yield _gauge("pizzeria_ready", "Whether requests can be served.", health.status != "unready")
        yield _gauge("pizzeria_degraded", "Whether orders are taken, but somebody should look.", health.degraded)
        yield _gauge("pizzeria_store_up", "Whether the store answered at the last look, within 3 s.", health.store_up)
        yield _gauge(
            "pizzeria_store_clock_skew_seconds",
            "How far the store's clock is ahead of this machine's.",
            health.clock_skew,
        )
        yield from _by_handler(health)


class StockGauges(Collector):
    """The levels as last seen: of the first `MOST_INGREDIENTS` ingredients, by their ids."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.levels: Mapping[str, Level] = {}
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        available = GaugeMetricFamily(
            "pizzeria_stock_available", "Units on hand that no order has been promised.", labels=["ingredient"]
        )
        reserved = GaugeMetricFamily(
            "pizzeria_stock_reserved", "Units on hand that are promised to orders.", labels=["ingredient"]
        )
        levels = self.levels
        for ingredient in sorted(levels)[:MOST_INGREDIENTS]:
            available.add_metric([ingredient], levels[ingredient].available)
            reserved.add_metric([ingredient], levels[ingredient].reserved)
        yield from (available, reserved)


def _by_handler(health: Health) -> Iterator[Metric]:
    paused = GaugeMetricFamily("pizzeria_handler_paused", "Whether it waits for the other side.", labels=["handler"])
    failing = GaugeMetricFamily(
        "pizzeria_handler_failing", "Whether it failed lately and nothing has succeeded since.", labels=["handler"]
    )
    waiting = GaugeMetricFamily(
        "pizzeria_handler_waiting_documents",
        "Aggregates with events that wait for its next try, or for room.",
        labels=["handler"],
    )
    for name, handler in health.handlers.items():
        paused.add_metric([name], handler.paused)
        failing.add_metric([name], handler.trouble is not None)
        waiting.add_metric([name], handler.waiting)
    yield from (paused, failing, waiting)


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_text, value=value)


def _by_lane(backlog: Backlog) -> tuple[dict[str, int], dict[str, datetime]]:
    counts: dict[str, int] = {}
    oldest: dict[str, datetime] = {}
    for lane in backlog.lanes:
        name = FRESH if lane.lane == FRESH_LANE else lane.lane
        counts[name] = counts.get(name, 0) + lane.documents
        oldest[name] = min(oldest.get(name, lane.oldest), lane.oldest)
    return counts, oldest
