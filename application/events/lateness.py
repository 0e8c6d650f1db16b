"""Somebody hears of it when an order runs late."""

import structlog

from application.dispatch.handler import EventHandler
from application.telemetry import Telemetry
from domain.events import OrderRanLateEvent

log = structlog.get_logger(__name__)


class LatenessHandler(EventHandler[OrderRanLateEvent]):
    """Warns and counts. The order itself knows that it was late, once; this counter, like every counter of a process,
    starts anew with it, and counts a repeated delivery again."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    async def handle(self, event: OrderRanLateEvent) -> None:
        log.warning("order_ran_late", order=event.aggregate_id, stage=event.stage, seconds=event.seconds_late)
        self._telemetry.ran_late(event.stage)
