"""A circuit breaker per handler: while the other side is down, its events wait in the store instead of failing."""

import random
import time
from enum import Enum

THRESHOLD = 5
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 5.0
LONGEST_RETRY_AFTER = 300.0


class BreakerState(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Opens after `THRESHOLD` failures in a row, for pauses that double up to `LONGEST_PAUSE` seconds; one try, when a
    pause is over, decides. A pause that the other side asked for is kept at once, up to `LONGEST_RETRY_AFTER`."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_until = 0.0

    @property
    def state(self) -> BreakerState:
        if not self._open_until:
            return BreakerState.CLOSED
        return BreakerState.OPEN if time.monotonic() < self._open_until else BreakerState.HALF_OPEN

    def succeeded(self) -> bool:
        """Note that the other side answered; says whether that closed the breaker."""
        reopened = self._open_until > 0
        self._failures = 0
        self._open_until = 0.0
        return reopened

    def failed(self, retry_after: float | None = None) -> None:
        """Note that the other side did not answer, or asked for a pause of `retry_after` seconds."""
        if retry_after is None and self.state is BreakerState.OPEN:
            return  # a straggler of the round that opened it
        self._failures += 1
        if retry_after is not None:
            self._pause(min(retry_after, LONGEST_RETRY_AFTER))
        elif self._failures >= THRESHOLD or self._open_until:
            exponent = min(max(self._failures - THRESHOLD, 0), 10)
            self._pause(min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**exponent) * random.uniform(0.75, 1.0))

    def _pause(self, seconds: float) -> None:
        self._open_until = max(self._open_until, time.monotonic() + seconds)
