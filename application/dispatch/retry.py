"""When to try again, and when to stop trying."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta


class Unavailable(Exception):
    """The other side is down or refuses everybody: the event is not at fault, so this costs it no attempt.

    `retry_after` is what the other side asked for, in seconds; `status` its HTTP status, where it answered.
    """

    def __init__(self, message: str, retry_after: float | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.status = status


class TimedOut(Unavailable):
    """The other side did not answer in time. While it answers others, that is held against the event: it costs an
    attempt, so that an event that nobody can swallow is parked in the end."""


class Rejected(Exception):
    """The other side will never take this event. It is parked at once. `status` is its HTTP status, if it answered."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class BatchFailed(Exception):
    """Some events of a batch failed: `failures` maps their ids to the reason; the others are done."""

    def __init__(self, failures: dict[str, Exception]) -> None:
        super().__init__(f"{len(failures)} events of the batch failed")
        self.failures = failures


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter. Times in seconds."""

    base: float = 1.0
    cap: float = 300.0
    max_attempts: int = 10

    def delay(self, attempts: int) -> float:
        """Seconds to wait after this many failed attempts, 1 or more: half of the exponential step, plus up to as much
        at random ("equal jitter", M. Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015)."""
        step = min(self.cap, self.base * 2.0 ** min(attempts - 1, 30))
        return step / 2 + random.random() * step / 2

    def due(self, now: datetime, attempts: int) -> datetime:
        return now + timedelta(seconds=self.delay(attempts))
