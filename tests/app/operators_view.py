"""What an operator sees of a service: `/health/ready` and `/metrics`, asked over and over."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.waiting import eventually

#: What is promised, in seconds, and how much more a busy machine gets.
TOLD_WITHIN = 5.0
CLEAR_WITHIN = 10.0
NOISE = 1.5

log = logging.getLogger(__name__)


@dataclass(slots=True)
class OperatorsView:
    """It logs how long each change took: `pytest --log-cli-level=info` shows it."""

    client: httpx.AsyncClient
    last: dict[str, Any] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)

    async def look(self) -> dict[str, Any]:
        """Ask both, and return what readiness says."""
        answer = await self.client.get("/health/ready")
        self.last = answer.json()
        assert answer.status_code == (503 if self.last["status"] == "unready" else 200)
        self.metrics = samples((await self.client.get("/metrics")).text)
        return self.last

    async def told(self, reason: str, metric: str) -> None:
        """Wait until readiness gives this reason and the metric is not 0. Raises AssertionError when that takes longer
        than is promised."""

        async def is_told() -> bool:
            return reason in (await self.look())["reasons"] and self.metrics.get(metric, 0.0) > 0

        await self._within(TOLD_WITHIN, f"{reason} told", is_told)

    async def store_told(self) -> None:
        """The same for a store that is away, whose metric goes down."""

        async def is_told() -> bool:
            return (
                "store_unavailable" in (await self.look())["reasons"]
                and not self.metrics["pizzeria_store_up"] + self.metrics["pizzeria_ready"]
            )

        await self._within(TOLD_WITHIN, "store told", is_told)

    async def clear(self) -> None:
        """Wait until nothing is wrong. Raises AssertionError when it takes longer than is promised."""

        async def is_clear() -> bool:
            await self.look()
            wrong = [name for name, value in self.metrics.items() if name.startswith(WRONG) and value]
            return self.last["status"] == "ready" and not wrong and self.metrics["pizzeria_ready"] == 1

        await self._within(CLEAR_WITHIN, "clear", is_clear)

    async def _within(self, promised: float, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
        started = time.monotonic()
        try:
            await eventually(condition, promised * NOISE)
        except AssertionError as failure:
            raise AssertionError(f"{what}: not within {promised} s; the last view: {self.last}") from failure
        log.info("%s after %.1f s", what, time.monotonic() - started)


WRONG = (
    "pizzeria_degraded",
    "pizzeria_handler_paused",
    "pizzeria_handler_failing",
    "pizzeria_dead_letters_documents",
)


def samples(exposition: str) -> dict[str, float]:
    """Every sample under its name, with its labels' values in braces where it has any: `name{a,b}`."""
    return {
        sample.name + (f"{{{','.join(sample.labels.values())}}}" if sample.labels else ""): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }
