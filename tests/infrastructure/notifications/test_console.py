"""Where no provider is configured, a line in the log tells what would have been sent."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from application.ports.notifications import Channel, Mail, Notice, NotificationKind
from infrastructure.notifications.console import CONSOLE, ConsoleGateway
from tests.notices import a_message

NUMBER = "+39081123456"


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    before = structlog.get_config()
    caught = structlog.testing.LogCapture()
    structlog.configure(processors=[structlog.processors.add_log_level, caught])
    yield caught.entries
    structlog.configure(**before)


def listen_from(level: int) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(level), cache_logger_on_first_use=False)


class Nobody:
    """A composer that may not be asked."""

    def sms(self, notice: Notice) -> str:
        raise AssertionError("nobody reads it")

    def subject(self, notice: Notice) -> str:
        raise AssertionError("nobody reads it")

    def mail(self, notice: Notice) -> Mail:
        raise AssertionError("nobody reads it")


async def test_a_line_tells_what_is_sent_of_which_order_and_not_to_whom(lines: list[Any]) -> None:
    listen_from(logging.INFO)

    sent = await ConsoleGateway(Channel.SMS).send(a_message(NotificationKind.READY, to=NUMBER))
    await ConsoleGateway(Channel.EMAIL).send(a_message(NotificationKind.READY))

    assert sent == CONSOLE
    sms, mail = lines
    assert sms["event"] == "notification"
    assert (sms["channel"], sms["kind"], sms["order"]) == ("sms", "ready", "019cac2f-0000-7000-8000-0000000abcde")
    assert sms["text"] == "Mario's Pizzeria: your order 0ABCDE is ready and will leave in a moment."
    assert mail["text"] == "Your order 0ABCDE is ready"
    assert not any(personal in str(lines) for personal in (NUMBER, "anna@", "Anna"))


async def test_who_debugs_sees_all_of_it(lines: list[Any]) -> None:
    listen_from(logging.DEBUG)

    await ConsoleGateway(Channel.EMAIL).send(a_message(NotificationKind.READY))

    (line,) = lines
    assert line["to"] == "anna@example.org"
    assert "Hello Anna," in line["body"]


async def test_no_text_is_made_that_nobody_reads(lines: list[Any]) -> None:
    listen_from(logging.WARNING)
    for channel in Channel:
        assert await ConsoleGateway(channel).send(a_message(composer=Nobody())) == CONSOLE
    assert lines == []
