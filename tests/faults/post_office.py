"""What carries messages to customers: a real mail server, and what an SMS provider does with a request."""

import hashlib
import re
from collections.abc import Callable
from urllib.parse import parse_qs

import msgspec
from aiosmtpd.smtp import Envelope, Session

from tests.faults.ledger import Ledger
from tests.faults.messages import EMAIL, SMS, Message
from tests.mail_server import Behaviour, MailServer
from tests.sinks import Reply, Request

DOMAIN = "pizzeria.example"
ACCOUNT, TOKEN, NUMBER = "faults", "sms-secret", "+15550100"
_message_id = re.compile(rb"^Message-ID:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class PostOffice(MailServer):
    """Writes the mails that it takes into the ledger. Each process has a sender's address of its own, in one domain:
    the `Message-ID` has that, and is to be the same whoever sends."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger
        self._taken = 0
        #: Asked for every mail.
        self.choose: Callable[[], Behaviour] = lambda: None

    def next_behaviour(self) -> Behaviour:
        return self.choose()

    def take(self, session: Session, envelope: Envelope) -> str:
        self._taken += 1
        receipt = f"Q{self._taken}"
        found = _message_id.search(envelope.original_content or b"")
        self._ledger.told(
            Message(
                EMAIL,
                str(envelope.mail_from).partition("@")[0],
                found[1].decode() if found else "",
                str(envelope.rcpt_tos[0]),
                receipt,
            )
        )
        return receipt


def sender_address(incarnation: str) -> str:
    return f"{incarnation}@{DOMAIN}"


def take_text(request: Request, incarnation: str) -> Message:
    """What the provider notes. It calls a message the same in every try, since it knows repeats by their key."""
    key = request.headers.get("idempotency-key", "")
    (to,) = parse_qs(request.body.decode())["To"]
    return Message(SMS, incarnation, key, to, _sid(key))


def text_taken(request: Request) -> Reply:
    return Reply(201, body=msgspec.json.encode({"sid": _sid(request.headers.get("idempotency-key", ""))}))


def _sid(key: str) -> str:
    return f"SM{hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()}"
