"""How a handler has fared lately: whether somebody should look, and what it failed with."""

import itertools
import time
from dataclasses import dataclass

#: A handler is failing when nothing has succeeded for so long after a failure: one bad event among good ones is none
#: of that. All in seconds.
GRACE = 1.5
#: Where nothing is left to try, a failure is forgotten after so long.
QUIET = 7.0
#: A call that runs for longer, while no other succeeds, is told: the timeout may be far off.
SLOW = 3.0

STALLED = "Stalled"


@dataclass(frozen=True, slots=True)
class Trouble:
    """`error` is the class of the last failure, or `STALLED`; `status` is the other side's, where it answered."""

    error: str
    status: int | None = None


class TrackRecord:
    """One per lane. What deliveries pay for it is a look at the clock and an entry in a small dict."""

    __slots__ = ("_calls", "_failed_at", "_failing_since", "_numbers", "_succeeded_at", "_trouble", "last_call")

    def __init__(self) -> None:
        self._calls: dict[int, float] = {}
        self._numbers = itertools.count()
        self._succeeded_at = 0.0
        self._failed_at = 0.0
        #: The first failure since the last success; 0 where there is none.
        self._failing_since = 0.0
        self._trouble = Trouble("")
        #: When the last call began.
        self.last_call = 0.0

    def began(self) -> int:
        """Note that a call begins; returns what `ended` wants."""
        number = next(self._numbers)
        self._calls[number] = self.last_call = time.monotonic()
        return number

    def ended(self, number: int) -> None:
        del self._calls[number]

    def succeeded(self) -> None:
        self._succeeded_at = time.monotonic()
        self._failing_since = 0.0

    def failed(self, failure: Exception) -> None:
        self._failed_at = time.monotonic()
        self._failing_since = self._failing_since or self._failed_at
        self._trouble = Trouble(type(failure).__name__, getattr(failure, "status", None))

    def trouble(self, waiting: bool, paused: bool) -> Trouble | None:
        """What is wrong, if anything. `waiting` says whether events wait for the handler, so that it will be tried
        again; `paused` whether its breaker is open: no need then to wait whether the failure was the only one."""
        now = time.monotonic()
        lasting = self._failing_since and (paused or now - self._failing_since > GRACE)
        if lasting and (waiting or now - self._failed_at < QUIET):
            return self._trouble
        oldest = next(iter(self._calls.values()), now)
        return Trouble(STALLED) if now - oldest > SLOW and self._succeeded_at < oldest else None
