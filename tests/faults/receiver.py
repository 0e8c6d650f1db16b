"""Where the service's events go: one real HTTP server, the CloudEvents sink and the kitchen's display in one."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tests.faults.ledger import DISPLAY, SINK, Arrival, Ledger
from tests.sinks import BATCH_TYPE, OK, Behaviour, Request, Reset, Sink

_decode = msgspec.json.Decoder().decode
OF_AN_ORDER = ".order."
Choose = Callable[[Request], Behaviour]


class Receiver(Sink):
    """Writes what it takes into the ledger, with the name of the process that sent it: each process posts to an address
    of its own. `choose` decides what the sink does with a request; the display always takes."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger
        self.choose: Choose = lambda _: OK
        self.taken = 0

    def sink_url(self, incarnation: str) -> str:
        return f"http://127.0.0.1:{self.port}/{SINK}/{incarnation}"

    def display_url(self, incarnation: str) -> str:
        return f"http://127.0.0.1:{self.port}/{DISPLAY}/{incarnation}"

    def next_behaviour(self, request: Request) -> Behaviour:
        return OK if request.path.startswith(f"/{DISPLAY}/") else self.choose(request)

    def take(self, request: Request) -> None:
        _, receiver, incarnation = request.path.split("/")
        if receiver == DISPLAY:
            order_id = _decode(request.body)["orderId"]
            self._ledger.arrived(Arrival(DISPLAY, incarnation, request.headers["idempotency-key"], order_id, None))
            return
        for attributes in attributes_of(request):
            if OF_AN_ORDER not in attributes["type"]:
                continue  # the traffic's guests are customers, and the sink hears of those too
            self.taken += 1
            self._ledger.arrived(
                Arrival(SINK, incarnation, attributes["id"], attributes["subject"], int(attributes["sequence"]))
            )


def drop_replies(share: float, chance: Callable[[], float]) -> Choose:
    """Take every event, and break the connection instead of answering for this share of the requests."""
    return lambda _: Reset(takes=True) if chance() < share else OK


def attributes_of(request: Request) -> Iterable[dict[str, Any]]:
    """Of each event in a request to the sink, in any mode: its `id`, `type`, `subject` and `sequence`, at least."""
    if "ce-id" in request.headers:
        return [{name: request.headers[f"ce-{name}"] for name in ("id", "type", "subject", "sequence")}]
    events = _decode(request.body)
    return events if request.headers["content-type"].startswith(BATCH_TYPE) else [events]
