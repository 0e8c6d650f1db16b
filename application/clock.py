"""The present moment, as every part of the service tells it."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    """Now, in UTC, cut to milliseconds: what every store can keep (BSON dates have no finer grain)."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


#: What the system's clock showed when the monotonic one of this process showed 0, in milliseconds.
STEADY_ORIGIN = time.time_ns() // 1_000_000 - monotonic_ms()


def steady_now() -> datetime:
    """Now, as the system's clock would show it had nobody set it since this process started: for what is due in a
    while, which is neither to come at once nor to wait for an hour because a clock was put right."""
    return datetime.fromtimestamp((STEADY_ORIGIN + monotonic_ms()) / 1000, UTC)
