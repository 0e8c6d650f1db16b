"""Where the service's events go: one real HTTP server, the CloudEvents sink, the kitchen's display and the customers'
SMS provider in one, and a real mail server beside it."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from tests.faults.ledger import DISPLAY, SINK, Arrival, Ledger
from tests.faults.messages import SMS
from tests.faults.post_office import ACCOUNT, NUMBER, TOKEN, PostOffice, sender_address, take_text, text_taken
from tests.sinks import BATCH_TYPE, OK, Behaviour, Request, Reset, Sink

_decode = msgspec.json.Decoder().decode
OF_AN_ORDER = ".order."
Choose = Callable[[Request], Behaviour]


class Receiver(Sink):
    """Writes what it takes into the ledger, with the name of the process that sent it: each process posts to an address
    of its own. `choose` decides what the sink does with a request, `choose_text` what the SMS provider does (None: it
    takes the message); the display always takes."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger
        self.post_office = PostOffice(ledger)
        self.choose: Choose = lambda _: OK
        self.choose_text: Callable[[], Behaviour | None] = lambda: None
        self.taken = 0

    def addresses(self, incarnation: str) -> dict[str, str]:
        """The settings by which a process finds all of it."""
        base = f"http://127.0.0.1:{self.port}"
        return {
            "PIZZERIA_CLOUDEVENTS_SINK": f"{base}/{SINK}/{incarnation}",
            "PIZZERIA_KITCHEN_DISPLAY_URL": f"{base}/{DISPLAY}/{incarnation}",
            "PIZZERIA_SMS_URL": f"{base}/{SMS}/{incarnation}",
            "PIZZERIA_SMS_ACCOUNT": ACCOUNT,
            "PIZZERIA_SMS_TOKEN": TOKEN,
            "PIZZERIA_SMS_FROM": NUMBER,
            "PIZZERIA_SMTP_URL": self.post_office.url,
            "PIZZERIA_MAIL_FROM": sender_address(incarnation),
        }

    def next_behaviour(self, request: Request) -> Behaviour:
        if request.path.startswith(f"/{SMS}/"):
            return self.choose_text() or text_taken(request)
        return OK if request.path.startswith(f"/{DISPLAY}/") else self.choose(request)

    def take(self, request: Request) -> None:
        _, receiver, incarnation, *_ = request.path.split("/")
        if receiver == SMS:
            self._ledger.told(take_text(request, incarnation))
            return
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
