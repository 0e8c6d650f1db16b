"""Telling customers about their orders: what is told, who carries it, and the record of what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from application.dispatch.retry import Rejected
from application.ports import OrderView


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class NotificationKind(StrEnum):
    """What the customer hears: each has its texts in every language."""

    PLACED = "placed"
    CONFIRMED = "confirmed"
    COOKING = "cooking"
    READY = "ready"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class NotificationStatus(StrEnum):
    """`FAILED` is tried again; the others are final."""

    SENT = "sent"
    FAILED = "failed"
    REJECTED = "rejected"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRecord:
    """What became of one notification. `id` is `<event id>/<channel>`.

    No phone number, no address and no text: it is kept after the person behind the order was forgotten. `provider_id`
    is what the provider calls the message; `error` why it was not sent, as a short code.
    """

    id: str
    order_id: str
    kind: NotificationKind
    channel: Channel
    status: NotificationStatus
    attempts: int
    at: datetime
    provider_id: str | None = None
    error: str | None = None

    @property
    def is_final(self) -> bool:
        return self.status is not NotificationStatus.FAILED


class NotificationLog(Protocol):
    """The record of every notification, one for each event and channel. Raises `StoreUnavailable`."""

    async def write(self, records: Sequence[NotificationRecord]) -> None:
        """Add the records, of different ids. One that is there already is replaced if it `FAILED`, else it stays."""
        ...

    async def find(self, ids: Sequence[str]) -> dict[str, NotificationRecord]:
        """Those of these ids that are there."""
        ...

    async def of_order(self, order_id: str) -> list[NotificationRecord]:
        """All of one order, the oldest event first; ids tell events apart to the millisecond."""
        ...

    async def list(
        self, status: NotificationStatus | None, *, limit: int, before_id: str | None
    ) -> list[NotificationRecord]:
        """Records of this status (None: all) with an id below `before_id` (None: all), the newest event first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be told, about which order, in which language (BCP 47, None: the pizzeria's)."""

    kind: NotificationKind
    order: OrderView
    language: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`language` is the one that it is written in; `html` says the same as `text`."""

    subject: str
    text: str
    html: str
    language: str


class CannotCompose(Exception):
    """A text cannot be made: a mistake in its template."""


class MessageComposer(Protocol):
    """Finds the words. What customers wrote is harmless in what comes out. Raises `CannotCompose`.

    Neither `sms` nor `subject` holds a name, an address or another thing that tells who the customer is.
    """

    def sms(self, notice: Notice) -> str: ...

    def subject(self, notice: Notice) -> str: ...

    def mail(self, notice: Notice) -> Mail: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notice on its way `to` a phone number or a mail address. `event_id` is the same in every try, and `happened_at`
    too. It is composed when it is asked for its words, so that where nobody reads them none are made."""

    event_id: str
    happened_at: datetime
    to: str
    notice: Notice
    composer: MessageComposer

    def sms(self) -> str:
        return self.composer.sms(self.notice)

    def subject(self) -> str:
        return self.composer.subject(self.notice)

    def mail(self) -> Mail:
        return self.composer.mail(self.notice)


class MessageRejected(Rejected):
    """The provider will never take this message, or not for this recipient. `code` is its own, or a word of ours."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class SmsGateway(Protocol):
    """Sends text messages; returns the provider's id.

    Raises `Unavailable` where it takes nothing from anybody, `MessageRejected`, and `CannotCompose`.
    """

    #: How many aggregates' events it takes in one call, and how many calls at once.
    batch_size: int
    workers: int

    async def send(self, message: Message) -> str | None: ...


class MailGateway(Protocol):
    """Sends mails; returns the provider's id.

    Raises `Unavailable` where it takes nothing from anybody, `MessageRejected`, and `CannotCompose`.
    """

    #: How many aggregates' events it takes in one call, and how many calls at once.
    batch_size: int
    workers: int

    async def send(self, message: Message) -> str | None: ...
