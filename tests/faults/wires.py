"""A wire to MongoDB that loses the replies to writes at random: they were done, and the service cannot know."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.contract.servers import Loss, Wire, address_of

#: Every command by which the service writes.
WRITES = ("findAndModify", "update", "insert")
#: Where a message's first BSON element begins: behind the header, the flags, the section's kind and its length.
FIRST_ELEMENT = slice(25, 64)


class LossyWire(Wire):
    """Loses the replies to `share` of the writes; `lost` counts them by command."""

    def __init__(self, target: tuple[str, int], chance: Callable[[], float]) -> None:
        super().__init__(target)
        self.share = 0.0
        self.lost: Counter[str] = Counter()
        self._chance = chance

    def _loss_at(self, request: bytes) -> Loss | None:
        name = _command(request)
        if name not in WRITES or self._chance() >= self.share:
            return None
        self.lost[name] += 1
        return Loss.REPLY


def _command(request: bytes) -> str:
    """The command's name is the first key of the message's document. What is no message's beginning has none."""
    return request[FIRST_ELEMENT][1:].partition(b"\0")[0].decode(errors="replace")


@asynccontextmanager
async def lossy_wire_to(url: str, chance: Callable[[], float]) -> AsyncIterator[LossyWire]:
    """A wire to the server of this URL, up; it loses nothing until its `share` is set."""
    wire = LossyWire(address_of(url), chance)
    await wire.up()
    try:
        yield wire
    finally:
        await wire.down()
