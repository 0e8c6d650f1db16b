"""How customers are told, by the settings: a provider for each channel, or the console."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.settings import Settings
from application.ports.notifications import Channel
from infrastructure.notifications.composer import TemplateComposer
from infrastructure.notifications.console import ConsoleGateway
from infrastructure.notifications.smtp_address import parse_smtp_url

if TYPE_CHECKING:
    from infrastructure.notifications.mail import SmtpMailGateway
    from infrastructure.notifications.sms import HttpSmsGateway


@dataclass(frozen=True, slots=True)
class Notifications:
    """The gateways are None where customers are not told."""

    composer: TemplateComposer
    sms: "HttpSmsGateway | ConsoleGateway | None"
    mail: "SmtpMailGateway | ConsoleGateway | None"

    async def close(self) -> None:
        for gateway in (self.sms, self.mail):
            if gateway is not None:
                await gateway.close()


def make_notifications(settings: Settings) -> Notifications:
    """Call it where the event loop runs. Only who has a provider pays for its client, and for the texts, before they
    are wanted."""
    composer = TemplateComposer(settings.language, settings.time_zone)
    if settings.notifications == "off":
        return Notifications(composer, None, None)
    if settings.sms_url or settings.smtp_url:
        composer.load()
    return Notifications(composer, _sms(settings), _mail(settings))


def _sms(settings: Settings) -> "HttpSmsGateway | ConsoleGateway":
    if not settings.sms_url:
        return ConsoleGateway(Channel.SMS)
    import httpx  # noqa: PLC0415

    from infrastructure.notifications.sms import HttpSmsGateway  # noqa: PLC0415

    return HttpSmsGateway(
        settings.sms_url,
        httpx.AsyncClient(timeout=None),  # noqa: S113 (the gateway has one for the whole call)
        account=settings.sms_account,
        token=settings.sms_token,
        sender=settings.sms_from,
        timeout=settings.notification_timeout_seconds,
    )


def _mail(settings: Settings) -> "SmtpMailGateway | ConsoleGateway":
    if not settings.smtp_url:
        return ConsoleGateway(Channel.EMAIL)
    from infrastructure.notifications.mail import SmtpMailGateway  # noqa: PLC0415

    return SmtpMailGateway(
        parse_smtp_url(settings.smtp_url), settings.mail_from, timeout=settings.notification_timeout_seconds
    )
