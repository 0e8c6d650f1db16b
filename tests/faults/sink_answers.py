"""Everything that a sink may answer, or not, each by its name."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

from tests.sinks import OK, Behaviour, HalfReply, Reply, Request, Reset, Silence

#: What the service waits for an answer, in seconds.
TIMEOUT = 0.3
MOVED = "/moved"
#: Answers for good: the event is parked at once.
FOR_GOOD = ("410", "415")

ANSWERS: Mapping[str, Callable[[Random], Behaviour]] = {
    "500": lambda _: Reply(500),
    "503 with Retry-After": lambda chance: Reply(503, {"Retry-After": _moment_to_wait_for(chance)}),
    "429": lambda _: Reply(429),
    "410": lambda _: Reply(410),
    "415": lambda _: Reply(415),
    "301": lambda _: Reply(301, {"Location": MOVED}),
    "never": lambda _: Silence(),
    "slowly": lambda chance: Reply(after=chance.uniform(TIMEOUT / 10, TIMEOUT * 2)),  # some of them too slowly
    "reset": lambda _: Reset(),
    "taken, then reset": lambda _: Reset(takes=True),
    "half a reply": lambda _: HalfReply(),
    "taken, then half a reply": lambda _: HalfReply(takes=True),
}


def _moment_to_wait_for(chance: Random) -> str:
    """In seconds or as a date; mostly at once, since everybody waits for it."""
    if chance.random() < 0.8:
        return "0"
    return chance.choice(["1", format_datetime(datetime.now(UTC) + timedelta(seconds=1), usegmt=True)])


class BadAnswers:
    """Answers some requests badly, chosen by chance, until each kind has had its number; `left` counts those to come.

    `followed` counts the requests to where a redirect points: to follow one would be to lose the event.
    """

    def __init__(self, chance: Random, each: int, share: float) -> None:
        self.left = dict.fromkeys(ANSWERS, each)
        self.followed = 0
        self._chance = chance
        self._share = share

    @property
    def exhausted(self) -> bool:
        return not any(self.left.values())

    def __call__(self, request: Request) -> Behaviour:
        if request.path == MOVED:
            self.followed += 1
            return Reply(404)
        kinds = [kind for kind, left in self.left.items() if left]
        if not kinds or self._chance.random() > self._share:
            return OK
        kind = self._chance.choice(kinds)
        self.left[kind] -= 1
        return ANSWERS[kind](self._chance)
