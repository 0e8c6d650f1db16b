"""What others report, in Prometheus."""

from prometheus_client import CollectorRegistry

from infrastructure.metric_types import Counts


class IncomingMetrics:
    """Counted when a request is answered with 202, by the process that took it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._taken = Counts("pizzeria_incoming_events", "CloudEvents that were taken.", ["outcome"], registry)

    def taken(self, new: int, repeated: int, ignored: int) -> None:
        for outcome, count in (("new", new), ("repeated", repeated), ("ignored", ignored)):
            if count:
                self._taken.add((outcome,), count)
