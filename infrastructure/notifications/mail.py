"""E-mail over SMTP."""

import asyncio
import contextlib
import re
import ssl
from email.message import EmailMessage

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientsRefused,
    SMTPResponseException,
)

from application.dispatch.retry import TimedOut, Unavailable
from application.ports.notifications import Message, MessageRejected
from infrastructure.cloudevents.outcomes import REQUEST_TIMEOUT, no_answer
from infrastructure.notifications.letter import envelope_address, write_letter
from infrastructure.notifications.sender import Sender
from infrastructure.notifications.smtp_address import SmtpAddress

WHO = "the mail server"
#: Answers that concern everybody, wherever they come: it closes, or wants us to log in.
FOR_EVERYBODY = frozenset({421, 521, 530, 534, 535, 538})
FAREWELL_SECONDS = 1.0
_queued_as = re.compile(r"queued as <?([\w.@-]{1,64})", re.IGNORECASE)


class RecipientDeferred(TimedOut):
    """A temporary refusal of one recipient (a full mailbox, greylisting). As with a timeout, it costs the message an
    attempt while the server takes others, and none when it takes nobody's."""


class SmtpMailGateway:
    """Implements `application.ports.notifications.MailGateway`. Connections are kept, one for each call at a time."""

    batch_size = 1
    workers = 8

    def __init__(
        self,
        address: SmtpAddress,
        sender: str,
        *,
        timeout: float = REQUEST_TIMEOUT,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        """`sender` is an address, or `Name <address>`; `timeout` is for a whole call, in seconds."""
        self._address = address
        self._sender = Sender.parse(sender)
        self._timeout = timeout
        self._tls_context = tls_context
        self._idle: list[SMTP] = []

    async def close(self) -> None:
        while self._idle:
            client = self._idle.pop()
            with contextlib.suppress(SMTPException, OSError):
                async with asyncio.timeout(FAREWELL_SECONDS):
                    await client.quit()
            client.close()

    async def send(self, message: Message) -> str | None:
        """Send once, under a `Message-ID` that is the same in every try; returns the server's id for it, or that one.

        Raises `Unavailable` for a lost connection, 4xx and what concerns everybody, `MessageRejected`, `CannotCompose`.
        """
        recipient = envelope_address(message.to)
        letter = write_letter(message, recipient, self._sender)
        try:
            async with asyncio.timeout(self._timeout):
                client = await self._connection()
                answer = await self._hand_over(client, letter, recipient)
        except (SMTPException, OSError, ValueError) as failure:
            raise _judged(failure) from failure
        queued = _queued_as.search(answer)
        return queued.group(1) if queued else str(letter["Message-ID"])

    async def _connection(self) -> SMTP:
        """One that was kept and still answers, or a new one."""
        while self._idle:
            client = self._idle.pop()
            try:
                await client.noop()
            except (SMTPException, OSError):
                client.close()
            except BaseException:
                client.close()
                raise
            else:
                return client
        client = self._new_client()
        try:
            await client.connect()
        except (SMTPNotSupported, ValueError) as failure:
            raise Unavailable(f"{WHO} cannot be used as the settings say: {type(failure).__name__}") from failure
        return client

    def _new_client(self) -> SMTP:
        address = self._address
        return SMTP(
            hostname=address.host,
            port=address.port,
            username=address.username,
            password=address.password,
            local_hostname=self._sender.domain,
            timeout=self._timeout,
            use_tls=address.implicit_tls,
            start_tls=address.start_tls,
            tls_context=self._tls_context,
        )

    async def _hand_over(self, client: SMTP, letter: EmailMessage, recipient: str) -> str:
        try:
            _, answer = await client.send_message(letter, sender=self._sender.address, recipients=[recipient])
        except (SMTPRecipientsRefused, SMTPDataError):
            self._keep(client)  # the server has said no, and goes on
            raise
        except BaseException:
            client.close()  # nobody knows where the conversation stands
            raise
        self._keep(client)
        return answer

    def _keep(self, client: SMTP) -> None:
        if client.is_connected and len(self._idle) < self.workers:
            self._idle.append(client)
        else:
            client.close()


def _judged(failure: Exception) -> Exception:
    """The server's words stay out of it, since they name the recipient, and what is raised is logged."""
    match failure:
        case SMTPRecipientsRefused(recipients=[first, *_]):
            return _refused(first.code, RecipientDeferred)
        case SMTPDataError():
            return _refused(failure.code, Unavailable)
        case SMTPResponseException():
            return Unavailable(f"{WHO} answered {failure.code}", status=failure.code)
        case SMTPNotSupported() | ValueError():
            return MessageRejected(f"{WHO} takes no such address", "bad_address")
        case TimeoutError():
            return no_answer(WHO, failure)
        case _:
            return Unavailable(f"{WHO} did not answer: {type(failure).__name__}")


def _refused(code: int, passing: type[Unavailable]) -> Exception:
    said = f"{WHO} answered {code}"
    if code in FOR_EVERYBODY:
        return Unavailable(said, status=code)
    if 500 <= code < 600:
        return MessageRejected(said, str(code))
    return passing(said, status=code)
