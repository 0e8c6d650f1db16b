"""A driver's telephone reports where it is: the newest position is kept."""

from collections.abc import Sequence

from application.dispatch.handler import BatchEventHandler
from application.ports.driver_positions import DriverPosition, DriverPositions
from domain.events import DriverPositionReportedEvent


class DriverPositionHandler(BatchEventHandler[DriverPositionReportedEvent]):
    """A position that is not newer than the known one is ignored, so that repeats and latecomers change nothing."""

    def __init__(self, positions: DriverPositions) -> None:
        self._positions = positions

    async def handle_batch(self, events: Sequence[DriverPositionReportedEvent]) -> None:
        await self._positions.report(
            [
                DriverPosition(
                    driver_id=event.driver_id, latitude=event.latitude, longitude=event.longitude, at=event.at
                )
                for event in events
            ]
        )
