"""Text messages, at a real server that plays the provider."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs

import httpx
import pytest

from application.dispatch.retry import TimedOut, Unavailable
from application.ports.notifications import MessageRejected, NotificationKind
from infrastructure.notifications.sms import HttpSmsGateway
from tests.notices import EVENT_ID, a_message
from tests.sinks import HalfReply, Reply, Reset, Silence, Sink

CREATED = Reply(201, {"Content-Type": "application/json"}, b'{"sid": "SM123", "status": "queued"}')
NUMBER = "+39081123456"


@pytest.fixture
async def provider() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        sink.behaviour = CREATED
        yield sink


def gateway_to(provider: Sink, client: httpx.AsyncClient, timeout: float = 5.0) -> HttpSmsGateway:
    base = f"http://127.0.0.1:{provider.port}"
    return HttpSmsGateway(base, client, account="AC1", token="secret", sender="+15550100", timeout=timeout)


@pytest.fixture
async def gateway(provider: Sink) -> AsyncIterator[HttpSmsGateway]:
    opened = gateway_to(provider, httpx.AsyncClient())
    yield opened
    await opened.close()


async def test_a_message_is_posted_as_the_provider_takes_it(gateway: HttpSmsGateway, provider: Sink) -> None:
    sid = await gateway.send(a_message(NotificationKind.READY, to=NUMBER))

    (request,) = provider.requests
    assert (request.method, request.path) == ("POST", "/2010-04-01/Accounts/AC1/Messages.json")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["authorization"] == "Basic QUMxOnNlY3JldA=="
    assert parse_qs(request.body.decode()) == {
        "To": [NUMBER],
        "From": ["+15550100"],
        "Body": ["Mario's Pizzeria: your order 0ABCDE is ready and will leave in a moment."],
    }
    assert sid == "SM123"


async def test_the_provider_can_tell_a_repeat(gateway: HttpSmsGateway, provider: Sink) -> None:
    provider.script(Reset())
    with pytest.raises(Unavailable):
        await gateway.send(a_message(to=NUMBER))
    await gateway.send(a_message(to=NUMBER))

    assert [request.headers["idempotency-key"] for request in provider.requests] == [f"{EVENT_ID}/sms"] * 2


@pytest.mark.parametrize(
    "behaviour",
    [
        Reply(429, {"Retry-After": "4"}),
        Reply(500, body=b"<html>oops"),
        Reply(503),
        Reply(401, body=b'{"code": 20003}'),
        Reply(404),
        Reply(307, {"Location": "/elsewhere"}),
        Reply(400, body=b'{"code": 21606, "message": "not your number"}'),
        Reset(),
        HalfReply(),
    ],
    ids=str,
)
async def test_what_concerns_everybody_makes_it_pause(
    gateway: HttpSmsGateway, provider: Sink, behaviour: Reply | Reset | HalfReply
) -> None:
    provider.behaviour = behaviour
    with pytest.raises(Unavailable):
        await gateway.send(a_message(to=NUMBER))
    assert len(provider.requests) == 1


async def test_a_pause_that_was_asked_for_is_passed_on(gateway: HttpSmsGateway, provider: Sink) -> None:
    provider.behaviour = Reply(429, {"Retry-After": "4"})
    with pytest.raises(Unavailable) as raised:
        await gateway.send(a_message(to=NUMBER))
    assert (raised.value.retry_after, raised.value.status) == (4.0, 429)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(400, body=b'{"code": 21211, "message": "+39081123456 is no phone number"}'), "21211"),
        (Reply(400, body=b"\xff"), "400"),
        (Reply(422, body=b'["what"]'), "422"),
    ],
)
async def test_a_number_that_is_refused_is_rejected(
    gateway: HttpSmsGateway, provider: Sink, reply: Reply, code: str
) -> None:
    provider.behaviour = reply
    with pytest.raises(MessageRejected) as raised:
        await gateway.send(a_message(to=NUMBER))
    assert raised.value.code == code
    assert NUMBER not in str(raised.value)


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"sid": 7}'])
async def test_a_message_that_was_taken_is_sent_whatever_is_said_of_it(
    gateway: HttpSmsGateway, provider: Sink, body: bytes
) -> None:
    provider.behaviour = Reply(201, body=body)
    assert await gateway.send(a_message(to=NUMBER)) is None


async def test_a_provider_that_hangs_has_timed_out_after_the_time_that_was_set(provider: Sink) -> None:
    provider.behaviour = Silence()
    async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113
        with pytest.raises(TimedOut):
            await gateway_to(provider, client, timeout=0.1).send(a_message(to=NUMBER))


async def test_a_provider_that_is_off_is_unavailable(gateway: HttpSmsGateway, provider: Sink) -> None:
    await provider.refuse_connections()
    with pytest.raises(Unavailable):
        await gateway.send(a_message(to=NUMBER))


async def test_what_is_sent_names_nobody(gateway: HttpSmsGateway, provider: Sink) -> None:
    for kind in NotificationKind:
        await gateway.send(a_message(kind, to=NUMBER, name="Anna Esposito"))
    assert not any("Esposito" in request.body.decode() for request in provider.requests)
