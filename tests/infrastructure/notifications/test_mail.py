"""Mails, at a real mail server that refuses, stalls, hangs up and repeats."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from application.dispatch.retry import TimedOut, Unavailable
from application.ports.notifications import MessageRejected, NotificationKind
from infrastructure.notifications.mail import RecipientDeferred, SmtpMailGateway
from infrastructure.notifications.smtp_address import parse_smtp_url
from tests.mail_server import Answer, Drop, MailServer, Stall, client_context, mail_server
from tests.notices import EVENT_ID, NOON, a_message

SENDER = "Mario's Pizzeria <orders@pizzeria.example>"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@asynccontextmanager
async def gateway_to(url: str, sender: str = SENDER, **options: Any) -> AsyncIterator[SmtpMailGateway]:
    gateway = SmtpMailGateway(parse_smtp_url(url), sender, **options)
    try:
        yield gateway
    finally:
        await gateway.close()


@pytest.fixture
async def gateway(server: MailServer) -> AsyncIterator[SmtpMailGateway]:
    async with gateway_to(server.url, timeout=5.0) as opened:
        yield opened


async def test_a_receipt_arrives_in_two_forms_that_say_the_same(gateway: SmtpMailGateway, server: MailServer) -> None:
    provider_id = await gateway.send(a_message(NotificationKind.CONFIRMED))

    (letter,) = server.letters
    assert (letter.sender, letter.recipient) == ("orders@pizzeria.example", "anna@example.org")
    assert letter.message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.message.iter_parts()] == ["text/plain", "text/html"]
    for part in (letter.text, letter.html):
        assert "Hello Anna," in part
        assert "Margherita, Large" in part
        assert "€48.67" in part
    assert provider_id == "Q1"


async def test_its_headers_tell_who_writes_and_that_it_is_a_machine(
    gateway: SmtpMailGateway, server: MailServer
) -> None:
    await gateway.send(a_message(NotificationKind.READY, language="it"))

    message = server.letters[0].message
    assert message["From"] == "Mario's Pizzeria <orders@pizzeria.example>"
    assert message["To"] == "anna@example.org"
    assert message["Subject"] == "Il tuo ordine 0ABCDE è pronto"
    assert message["Message-ID"] == f"<{EVENT_ID}@pizzeria.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "it"
    assert parsedate_to_datetime(message["Date"]) == NOON


async def test_each_try_is_the_same_mail_to_the_letter(gateway: SmtpMailGateway, server: MailServer) -> None:
    message = a_message()
    server.script(Drop())

    with pytest.raises(Unavailable):
        await gateway.send(message)
    await gateway.send(message)

    first, second = server.letters
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.raw == second.raw


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (Answer("MAIL", "451 4.3.0 Try again later"), Unavailable),
        (Answer("MAIL", "550 5.7.1 You may not send here"), Unavailable),
        (Answer("MAIL", "421 4.3.2 Closing"), Unavailable),
        (Answer("RCPT", "451 4.7.1 Greylisted anna@example.org"), RecipientDeferred),
        (Answer("RCPT", "421 4.3.2 Closing"), Unavailable),
        (Answer("RCPT", "530 5.7.0 Authentication required"), Unavailable),
        (Answer("DATA", "452 4.3.1 Disk full"), Unavailable),
        (Drop(), Unavailable),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_what_may_pass_is_tried_again(
    gateway: SmtpMailGateway, server: MailServer, behaviour: Answer | Drop, failure: type[Exception]
) -> None:
    server.script(behaviour)

    with pytest.raises(failure) as raised:
        await gateway.send(a_message())
    await gateway.send(a_message())

    assert type(raised.value) is failure
    assert "anna" not in str(raised.value)
    assert server.tries == 2


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [
        (Answer("RCPT", "550 5.1.1 anna@example.org: no such mailbox"), "550"),
        (Answer("DATA", "554 5.7.1 Looks like spam"), "554"),
    ],
)
async def test_what_is_refused_for_good_is_rejected_and_the_next_one_goes(
    gateway: SmtpMailGateway, server: MailServer, behaviour: Answer, code: str
) -> None:
    server.script(behaviour)

    with pytest.raises(MessageRejected) as raised:
        await gateway.send(a_message())
    await gateway.send(a_message(to="other@example.org"))

    assert raised.value.code == code
    assert "anna" not in str(raised.value)
    assert [letter.recipient for letter in server.letters] == ["other@example.org"]


async def test_a_server_that_stalls_has_timed_out_after_the_time_that_was_set(server: MailServer) -> None:
    server.behaviour = Stall()
    async with gateway_to(server.url, timeout=0.2) as gateway:
        with pytest.raises(TimedOut):
            await gateway.send(a_message())


async def test_a_server_that_is_off_is_unavailable() -> None:
    with mail_server() as server:
        url = server.url
    async with gateway_to(url, timeout=5.0) as gateway:
        with pytest.raises(Unavailable):
            await gateway.send(a_message())


async def test_connections_are_kept_for_the_next_mail(gateway: SmtpMailGateway, server: MailServer) -> None:
    for _ in range(3):
        await gateway.send(a_message())
    assert len(server.connections) == 1


async def test_a_connection_that_broke_while_it_was_idle_is_replaced(
    gateway: SmtpMailGateway, server: MailServer
) -> None:
    await gateway.send(a_message())
    server.break_connections()

    await gateway.send(a_message())

    assert len(server.letters) == 2


async def test_many_go_side_by_side_each_once(gateway: SmtpMailGateway, server: MailServer) -> None:
    await asyncio.gather(*(gateway.send(a_message(to=f"guest{n}@example.org")) for n in range(40)))
    assert sorted(letter.recipient for letter in server.letters) == sorted(f"guest{n}@example.org" for n in range(40))


@pytest.mark.parametrize(
    "address",
    [
        "anna@example.org\r\nBcc: all@example.org",
        "anna@example.org, all@example.org",
        "anna(all)@example.org",
        "<anna@example.org>",
        "anna@example.org>",
        "anna",
        "@example.org",
        "anna@",
        "",
        "anna@" + "x" * 300 + ".org",
    ],
)
async def test_what_is_no_address_is_rejected_before_a_server_is_asked(
    gateway: SmtpMailGateway, server: MailServer, address: str
) -> None:
    with pytest.raises(MessageRejected) as raised:
        await gateway.send(a_message(to=address))
    assert raised.value.code == "bad_address"
    assert server.tries == 0


async def test_an_address_in_any_script_is_written_as_mail_servers_read_it(
    gateway: SmtpMailGateway, server: MailServer
) -> None:
    await gateway.send(a_message(to="anna@pizzería.example"))
    assert server.letters[0].recipient == "anna@xn--pizzera-dza.example"

    with pytest.raises(MessageRejected):
        await gateway.send(a_message(to="zoë@example.org"))
    with mail_server(utf8=True) as modern:
        async with gateway_to(modern.url) as other:
            await other.send(a_message(to="zoë@example.org"))
        assert modern.letters[0].recipient == "zoë@example.org"


@pytest.mark.parametrize(
    "name",
    [
        "Anna\r\nBcc: all@example.org\r\n\r\nBuy!",
        "<script>alert(1)</script>",
        "Anna" * 10_000,
        "👩‍🍳 Zoë 🍕",
        ".\r\n.\r\nQUIT",
        "\u2028Anna\u202e",
        "=?utf-8?q?Bcc:?=",
        "\x00\x1b[31mAnna\x85\ud800",
    ],
    ids=["new lines", "html", "long", "emoji", "end of mail", "unicode lines", "encoded word", "controls"],
)
async def test_a_hostile_name_is_harmless(gateway: SmtpMailGateway, server: MailServer, name: str) -> None:
    await gateway.send(a_message(NotificationKind.PLACED, name=name))

    (letter,) = server.letters
    assert set(letter.message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version",
        "Content-Type",
    }  # fmt: skip
    assert letter.message["To"] == "anna@example.org"
    assert letter.subject == "We have your order 0ABCDE"
    assert "<script" not in letter.html
    assert max(len(line) for line in letter.raw.split(b"\r\n")) <= 998
    assert len(letter.text) < 2_000
    assert not any(sign in letter.text + letter.html for sign in "\x00\x1b\x85\u2028\u202e\ud800")
    assert letter.text.startswith("Hello")
    assert letter.text.splitlines()[0].endswith(",")


async def test_it_logs_in_over_tls_where_there_is_a_password() -> None:
    with mail_server(tls="start", auth=True) as server:
        url = f"smtp://mario:correct%20horse@127.0.0.1:{server.port}"
        async with gateway_to(url, tls_context=client_context()) as gateway:
            await gateway.send(a_message())
        assert server.logins == ["mario"]
        assert len(server.letters) == 1


async def test_a_wrong_password_concerns_everybody() -> None:
    with mail_server(tls="start", auth=True) as server:
        url = f"smtp://mario:wrong@127.0.0.1:{server.port}"
        async with gateway_to(url, tls_context=client_context()) as gateway:
            with pytest.raises(Unavailable) as raised:
                await gateway.send(a_message())
        assert raised.value.status == 535
        assert server.letters == []


async def test_a_password_is_not_said_where_others_may_listen() -> None:
    with mail_server() as server:
        async with gateway_to(f"smtp://mario:correct%20horse@127.0.0.1:{server.port}") as gateway:
            with pytest.raises(Unavailable):
                await gateway.send(a_message())
        assert server.logins == []
        assert server.letters == []


async def test_tls_from_the_first_byte() -> None:
    with mail_server(tls="implicit") as server:
        async with gateway_to(f"smtps://127.0.0.1:{server.port}", tls_context=client_context()) as gateway:
            await gateway.send(a_message())
        assert len(server.letters) == 1


async def test_a_server_with_a_strange_certificate_gets_nothing() -> None:
    with mail_server(tls="start") as server:
        async with gateway_to(f"smtp://127.0.0.1:{server.port}?tls=required") as gateway:
            with pytest.raises(Unavailable):
                await gateway.send(a_message())
        assert server.letters == []


@pytest.mark.parametrize(
    ("url", "port", "implicit_tls", "start_tls"),
    [
        ("smtp://mail.example", 587, False, None),
        ("smtp://mail.example:25?tls=none", 25, False, False),
        ("smtp://mail.example/?tls=required", 587, False, True),
        ("smtp://mario:secret@mail.example", 587, False, True),
        ("smtp://mario:secret@mail.example?tls=none", 587, False, False),
        ("smtps://mario:secret@mail.example", 465, True, False),
    ],
)
def test_an_address_says_how_to_talk_to_the_server(
    url: str, port: int, implicit_tls: bool, start_tls: bool | None
) -> None:
    address = parse_smtp_url(url)
    assert (address.host, address.port) == ("mail.example", port)
    assert (address.implicit_tls, address.start_tls) == (implicit_tls, start_tls)
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example",
        "smtp://",
        "mail.example:25",
        "smtp://mail.example/inbox",
        "smtp://mail.example?tls=maybe",
        "smtp://mail.example?starttls=1",
        "smtp://mail.example:99999",
    ],
)
def test_an_address_that_makes_no_sense_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_smtp_url(url)
