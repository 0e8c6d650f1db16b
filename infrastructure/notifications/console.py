"""Where no provider is configured: what would be sent goes to the log."""

import logging

import structlog

from application.ports.notifications import Channel, Message

log = structlog.get_logger(__name__)

#: What stands for the provider's id, so that the record tells that nobody was really reached.
CONSOLE = "console"


class ConsoleGateway:
    """Implements `SmsGateway` and `MailGateway`: a line `notification` each, with the SMS or the mail's subject, which
    hold nothing personal. The address and the whole mail are in it at level `debug` alone; above `info` no line is
    written and no text is made."""

    batch_size = 200
    workers = 1

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def send(self, message: Message) -> str:
        if not log.is_enabled_for(logging.INFO):
            return CONSOLE
        if log.is_enabled_for(logging.DEBUG):
            body = message.mail().text if self._channel is Channel.EMAIL else None
            log.debug("notification", **self._line(message), to=message.to, **({"body": body} if body else {}))
        else:
            log.info("notification", **self._line(message))
        return CONSOLE

    async def close(self) -> None: ...

    def _line(self, message: Message) -> dict[str, str]:
        text = message.subject() if self._channel is Channel.EMAIL else message.sms()
        notice = message.notice
        return {"channel": self._channel, "kind": notice.kind, "order": notice.order.id, "text": text}
