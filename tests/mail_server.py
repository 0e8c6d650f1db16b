"""A real mail server on loopback, in a thread of its own, that a test controls: what it answers, what it has taken."""

import asyncio
import email
import ssl
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

#: A key and a certificate for 127.0.0.1, signed by itself.
CERTIFICATE = Path(__file__).with_name("loopback.pem")
OK = "250 2.0.0 Ok: queued as {queue_id}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Says this at a step of the conversation: `MAIL`, `RCPT` or `DATA`."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Stall:
    """Takes the mail and says nothing for so long, in seconds."""

    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Drop:
    """Takes the mail and breaks the connection instead of answering."""


Behaviour = Answer | Stall | Drop | None
M = TypeVar("M", bound="MailServer")


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that was taken. `raw` is as it came, `message` as it reads."""

    sender: str
    recipient: str
    raw: bytes
    message: EmailMessage
    connection: int

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    def _part(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        assert isinstance(part, EmailMessage)
        content: str = part.get_content()
        return content


class MailServer:
    """`script(...)` says what happens to the next mails, one behaviour each, None for a mail that is taken and no more;
    `behaviour` to all others. `letters` has what was taken, in order, `tries` how many mails were begun."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = None
        self.letters: list[Letter] = []
        self.tries = 0
        self.connections: set[int] = set()
        self.logins: list[str] = []
        self.port = 0
        self._script: deque[Behaviour] = deque()
        self._current: dict[int, Behaviour] = {}
        self._open: dict[int, SMTP] = {}

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?tls=none"

    def script(self, *behaviours: Behaviour) -> None:
        self._script.extend(behaviours)

    def letters_to(self, recipient: str) -> list[Letter]:
        return [letter for letter in self.letters if letter.recipient == recipient]

    def break_connections(self) -> None:
        for server in list(self._open.values()):
            server.loop.call_soon_threadsafe(cast(asyncio.Transport, server.transport).abort)

    # For every mail, in the server's own thread

    def next_behaviour(self) -> Behaviour:
        return self._script.popleft() if self._script else self.behaviour

    def take(self, session: Session, envelope: Envelope) -> str:
        """Returns what the server calls the mail."""
        raw = cast(bytes, envelope.original_content)
        message = email.message_from_bytes(raw, policy=policy.SMTP)
        self.letters.append(Letter(str(envelope.mail_from), envelope.rcpt_tos[0], raw, message, id(session)))
        return f"Q{len(self.letters)}"

    # What aiosmtpd calls, in its own thread

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.tries += 1
        self.connections.add(id(session))
        self._open[id(session)] = server
        self._current[id(session)] = self.next_behaviour()
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self._said("MAIL", session) or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self._said("RCPT", session)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        refusal = self._said("DATA", session)
        if refusal is not None:
            return refusal
        queue_id = self.take(session, envelope)
        match self._current[id(session)]:
            case Stall(seconds=seconds):
                await asyncio.sleep(seconds)
            case Drop():
                cast(asyncio.Transport, server.transport).abort()
        return OK.format(queue_id=queue_id)

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        known = isinstance(data, LoginPassword) and data.password == b"correct horse"
        self.logins.append(data.login.decode())
        return AuthResult(success=known, handled=known)

    def _said(self, step: str, session: Session) -> str | None:
        behaviour = self._current[id(session)]
        return behaviour.text if isinstance(behaviour, Answer) and behaviour.at == step else None


@contextmanager
def mail_server(*, tls: str = "none", auth: bool = False, utf8: bool = False) -> Iterator[MailServer]:
    """Listen on a free port. `tls` is `none`, `start` (STARTTLS is offered) or `implicit`."""
    with listening(MailServer(), tls=tls, auth=auth, utf8=utf8) as server:
        yield server


@contextmanager
def listening(server: M, *, tls: str = "none", auth: bool = False, utf8: bool = False) -> Iterator[M]:
    """The same for a server that is there already."""
    context = None
    if tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(CERTIFICATE)
    controller = _controller(server, context, tls=tls, auth=auth, utf8=utf8)
    controller.start()
    server.port = controller.port
    try:
        yield server
    finally:
        controller.stop()


class _Listener(Controller):
    """On a port that the kernel chooses, which the library's own check of the port does not expect."""

    def _trigger_server(self) -> None:
        self.port = cast(asyncio.Server, self.server).sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _controller(server: MailServer, context: ssl.SSLContext | None, *, tls: str, auth: bool, utf8: bool) -> Controller:
    options: dict[str, Any] = {"enable_SMTPUTF8": utf8}
    if auth:
        options |= {"authenticator": server.authenticate, "auth_required": True}
    if tls == "start":
        options["tls_context"] = context
    elif tls == "implicit":
        options["ssl_context"] = context
    return _Listener(server, hostname="127.0.0.1", port=0, server_hostname="localhost", **options)


def client_context() -> ssl.SSLContext:
    """Trusts the server's certificate and no other."""
    return ssl.create_default_context(cafile=str(CERTIFICATE))
