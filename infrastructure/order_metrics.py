"""The business in Prometheus: what was ordered, where orders are, and for how long."""

from prometheus_client import CollectorRegistry

from domain.order_state import OrderState
from infrastructure.metric_types import Counts, Histogram

#: Minor units: from a slice to a feast.
AMOUNTS = (500, 1_000, 1_500, 2_000, 3_000, 4_000, 6_000, 10_000, 20_000, 50_000, 100_000)
#: Seconds: from a click to three hours.
DURATIONS = (10, 30, 60, 120, 300, 600, 900, 1_200, 1_800, 2_700, 3_600, 5_400, 10_800)


class OrderMetrics:
    """Implements `application.telemetry.OrderTelemetry`. Counted when a change is on disk, by the process that made
    it: the sum over all replicas counts each change once, and no event twice."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._placed = Counts("pizzeria_orders_placed", "Orders placed.", ["fulfilment"], registry)
        self._moved = Counts(
            "pizzeria_order_moves", "Orders that went from one status to another.", ["source", "target"], registry
        )
        self._pizzas = Counts("pizzeria_pizzas_ordered", "Pizzas in orders placed.", ["pizza", "size"], registry)
        self._amounts = Histogram(
            "pizzeria_order_amount_minor_units", "Totals of orders placed, in cents.", ["currency"], AMOUNTS, registry
        )
        self._durations = Histogram(
            "pizzeria_order_status_duration_seconds",
            "How long orders were in a status.",
            ["status"],
            DURATIONS,
            registry,
        )

    def placed(self, order: OrderState) -> None:
        self._placed.add((order.fulfilment.type,))
        self._amounts.observe((order.currency,), order.total_amount)
        for line in order.items:
            self._pizzas.add((line.pizza, line.size), line.quantity)

    def moved(self, source: str, target: str, seconds: float) -> None:
        self._moved.add((source, target))
        self._durations.observe((source,), seconds)
