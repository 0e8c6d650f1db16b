"""Checks at the end of a replay that the service holds exactly what was sent, and that nothing waits."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from app.replay.client import OrderAnswer, PizzeriaClient
from app.replay.pizzaplace import HistoricOrder

#: The service counts what waits every two seconds, so that a zero has to last for longer to be believed.
CALM_SECONDS = 3.0
POLL_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked."""

    what: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        return self.expected == self.found


async def audit(client: PizzeriaClient, sent: Mapping[str, HistoricOrder], settle_seconds: float) -> list[Finding]:
    """Compare the service's finished orders with those that were sent. Orders of anybody else do not count.

    Waits up to `settle_seconds` for the handlers. Raises `ReplayFailed`.
    """
    waiting = await _wait_for_handlers(client, settle_seconds)
    held = await _finished(client, sent)
    exact = sum(_agree(held[order_id], order) for order_id, order in sent.items() if order_id in held)
    return [
        _finding("orders delivered or collected", len(sent), len(held)),
        _finding("orders with the amount and pizzas of 2015", len(sent), exact),
        _finding("pizzas", sum(o.pizza_count for o in sent.values()), sum(o.pizza_count for o in held.values())),
        Finding(
            "revenue",
            money(sum(order.total_amount for order in sent.values())),
            money(sum(order.total_amount for order in held.values())),
        ),
        _finding("orders whose events wait for a handler", 0, waiting),
        _finding("dead letters", 0, await client.count_dead_letters()),
    ]


def money(cents: int) -> str:
    return f"{cents // 100:,}.{cents % 100:02}"


def _finding(what: str, expected: int, found: int) -> Finding:
    return Finding(what, f"{expected:,}", f"{found:,}")


def _agree(held: OrderAnswer, sent: HistoricOrder) -> bool:
    return (held.total_amount, held.pizza_count) == (sent.total_amount, sent.pizza_count)


async def _finished(client: PizzeriaClient, sent: Mapping[str, HistoricOrder]) -> dict[str, OrderAnswer]:
    return {
        order.id: order
        for status in ("delivered", "collected")
        async for order in client.orders(status)
        if order.id in sent
    }


async def _wait_for_handlers(client: PizzeriaClient, seconds: float) -> int:
    """What still waits: 0 as soon as that has been so for a while, or what it is when time is up."""
    deadline = time.monotonic() + seconds
    calm_since: float | None = None
    while True:
        waiting = await client.count_waiting()
        now = time.monotonic()
        calm_since = (calm_since or now) if waiting == 0 else None
        if (calm_since and now - calm_since >= CALM_SECONDS) or now > deadline:
            return waiting
        await asyncio.sleep(POLL_SECONDS)
