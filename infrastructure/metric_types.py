"""Kinds of metrics that cost little to observe."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


class Histogram(Collector):
    """A histogram for one event loop: without locks an observation takes a third of what the library's does.

    Nothing is lost while each set of labels is observed from one thread.
    """

    def __init__(
        self, name: str, help_text: str, labels: Sequence[str], bounds: Sequence[float], registry: CollectorRegistry
    ) -> None:
        self._name, self._help, self._labels = name, help_text, labels
        self._bounds = tuple(bounds)
        self._counts: dict[tuple[str, ...], list[int]] = {}
        self._sums: dict[tuple[str, ...], float] = {}
        registry.register(self)

    def observe(self, labels: tuple[str, ...], value: float) -> None:
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self._bounds) + 1)
            self._sums[labels] = 0.0
        counts[bisect_left(self._bounds, value)] += 1
        self._sums[labels] += value

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(self._name, self._help, labels=self._labels)
        for labels, counts in list(self._counts.items()):
            total = 0
            buckets: list[tuple[str, float]] = []
            for bound, count in zip((*self._bounds, "+Inf"), counts, strict=True):
                total += count
                buckets.append((str(bound), total))
            family.add_metric(labels, buckets, self._sums[labels])
        yield family


class Counts(Collector):
    """A counter, as cheap and under the same condition."""

    def __init__(self, name: str, help_text: str, labels: Sequence[str], registry: CollectorRegistry) -> None:
        self._name, self._help, self._labels = name, help_text, labels
        self._totals: dict[tuple[str, ...], int] = {}
        if not labels:
            self._totals[()] = 0
        registry.register(self)

    def add(self, labels: tuple[str, ...], amount: int = 1) -> None:
        self._totals[labels] = self._totals.get(labels, 0) + amount

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(self._name, self._help, labels=self._labels)
        for labels, total in list(self._totals.items()):
            family.add_metric(labels, total)
        yield family
