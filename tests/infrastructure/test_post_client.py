"""The connections to the sink: kept alive, replaced when stale, never trusted after a doubt."""

import asyncio
import base64
from collections.abc import Callable, Coroutine

import pytest
import uvloop

from infrastructure.cloudevents.client import PostClient
from infrastructure.cloudevents.connection import Response
from tests.sinks import HalfReply, Reply, Reset, Silence, Sink

BODY = b'{"hello": "world"}'
HEADERS = b"content-type: application/json\r\n"


async def post(client: PostClient) -> Response:
    return await client.post(HEADERS, BODY)


async def test_the_request_arrives_whole_with_address_and_credentials() -> None:
    async with Sink() as sink:
        client = PostClient(f"http://mario:p%40ss@127.0.0.1:{sink.port}/a b?topic=ü&x=1", timeout=5)
        await post(client)
        await client.close()
        (request,) = sink.requests
    assert (request.method, request.path, request.body) == ("POST", "/a%20b?topic=%C3%BC&x=1", BODY)
    assert request.headers["host"] == f"127.0.0.1:{sink.port}"
    assert request.headers["content-type"] == "application/json"
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")) == b"mario:p@ss"


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200, {"Transfer-Encoding": "chunked"}, b"5\r\nhello\r\n0\r\n\r\n"),
        Reply(200, body=b"x" * 100_000),
        Reply(raw=b"HTTP/1.1 204 No Content\r\n\r\n"),
        Reply(raw=b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"),
    ],
    ids=["chunked", "long", "without a body", "after a remark"],
)
async def test_after_a_whole_answer_the_connection_is_used_again(answer: Reply) -> None:
    async with Sink() as sink:
        sink.behaviour = answer
        client = PostClient(sink.url, timeout=5)
        statuses = [(await post(client)).status for _ in range(3)]
        await client.close()
        assert set(statuses) <= {200, 204}
        assert sink.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        Reply(202, close=True),
        Reply(202, {"Connection": "close"}),
        Reply(raw=b"HTTP/1.0 202 Accepted\r\n\r\nas long as it lasts", close=True),
        Reply(raw=b"HTTP/1.1 202 Accepted\r\n\r\nas long as it lasts", close=True),
        Reply(raw=b"HTTP/1.0 202 Accepted\r\nContent-Length: 0\r\n\r\n", close=True),
    ],
    ids=[
        "asked to close",
        "asked to close by a server that does not",
        "HTTP/1.0",
        "without a length",
        "HTTP/1.0 with a length",
    ],
)
async def test_after_a_closing_answer_a_new_connection_is_made(answer: Reply) -> None:
    async with Sink() as sink:
        sink.behaviour = answer
        client = PostClient(sink.url, timeout=5)
        assert [(await post(client)).status for _ in range(3)] == [202, 202, 202]
        await client.close()
        assert sink.connections == 3


@pytest.mark.parametrize("how", ["close_idle_connections", "break_connections"])
async def test_a_connection_that_was_closed_while_idle_costs_nothing(how: str) -> None:
    async with Sink() as sink:
        client = PostClient(sink.url, timeout=5)
        for _ in range(10):
            assert (await post(client)).status == 202
            getattr(sink, how)()
        await client.close()
        assert len(sink.requests) == 10


async def test_a_connection_known_to_be_closed_is_not_tried() -> None:
    async with Sink() as sink:
        client = PostClient(sink.url, timeout=5)
        for _ in range(5):
            assert (await post(client)).status == 202
            sink.close_idle_connections()
            await sink.wait_until(lambda: sink.open_connections == 0)
            await asyncio.sleep(0.02)  # for the client to hear of it too
        await client.close()
        assert sink.connections == 5


async def test_an_answer_in_another_protocol_is_named_as_such() -> None:
    async with Sink() as sink:
        sink.behaviour = Reply(raw=b"220 mail.example ESMTP\r\n")
        client = PostClient(sink.url, timeout=5)
        with pytest.raises(ConnectionError, match="not HTTP"):
            await post(client)
        await client.close()


async def test_a_connection_closed_as_the_request_goes_out_is_replaced_once() -> None:
    async with Sink() as sink:
        client = PostClient(sink.url, timeout=5)
        await post(client)
        sink.script(Reset())
        assert (await post(client)).status == 202
        sink.script(Reset(), Reset())
        with pytest.raises(ConnectionError):
            await post(client)
        await client.close()
        assert len(sink.requests) == 5


async def test_half_an_answer_is_never_tried_again_in_silence() -> None:
    async with Sink() as sink:
        client = PostClient(sink.url, timeout=5)
        await post(client)
        sink.script(HalfReply())
        with pytest.raises(ConnectionError):
            await post(client)
        await client.close()
        assert len(sink.requests) == 2


async def test_only_the_latest_answer_counts() -> None:
    """The answer before had no length; a break must not make it the answer to this request as well."""
    async with Sink() as sink:
        sink.script(Reply(raw=b"HTTP/1.1 204 No Content\r\n\r\n"), Reset(), Reset())
        client = PostClient(sink.url, timeout=5)
        await post(client)
        with pytest.raises(ConnectionError):
            await post(client)
        await client.close()


@pytest.mark.parametrize("behaviour", [Silence(), Reply(after=60)])
async def test_a_sink_that_does_not_answer_is_left_and_its_late_answer_ignored(behaviour: Silence | Reply) -> None:
    async with Sink() as sink:
        client = PostClient(sink.url, timeout=0.1)
        sink.script(behaviour)
        with pytest.raises(TimeoutError):
            await post(client)
        await sink.wait_until(lambda: sink.open_connections == 0)
        assert (await post(client)).status == 202
        await client.close()
        assert sink.connections == 2


async def test_an_answer_that_never_ends_is_left() -> None:
    async with Sink() as sink:
        sink.behaviour = Reply(raw=b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
        client = PostClient(sink.url, timeout=0.1)
        with pytest.raises(TimeoutError):
            await post(client)
        await client.close()


async def test_words_that_nobody_asked_for_end_the_connection() -> None:
    async with Sink() as sink:
        answer = Reply().encode()
        sink.script(Reply(raw=answer + b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"))
        client = PostClient(sink.url, timeout=5)
        assert (await post(client)).status == 202
        assert (await post(client)).status == 202
        await client.close()
        assert sink.connections == 2


async def test_a_cancelled_post_leaves_no_answer_for_the_next() -> None:
    async with Sink() as sink:
        client = PostClient(sink.url, timeout=5)
        await post(client)
        sink.script(Reply(500, after=0.05))
        cancelled = asyncio.create_task(post(client))
        await sink.wait_until(lambda: len(sink.requests) == 2)
        cancelled.cancel()
        await asyncio.gather(cancelled, return_exceptions=True)
        assert cancelled.cancelled()
        assert [(await post(client)).status for _ in range(3)] == [202, 202, 202]
        await client.close()


async def test_each_of_many_at_once_gets_its_own_answer() -> None:
    async with Sink() as sink:
        sink.drop_every_nth_reply(7)
        client = PostClient(sink.url, timeout=5)
        answers = await asyncio.gather(*(post(client) for _ in range(50)), return_exceptions=True)
        assert len(sink.requests) == 50
        assert sum(isinstance(answer, ConnectionError) for answer in answers) == 50 // 7
        sink.drop_every_nth_reply(None)
        assert (await post(client)).status == 202
        await client.close()


async def test_closing_leaves_no_connection_open() -> None:
    async with Sink() as sink:
        client = PostClient(sink.url, timeout=5)
        await asyncio.gather(*(post(client) for _ in range(5)))
        await client.close()
        await sink.wait_until(lambda: sink.open_connections == 0)


@pytest.mark.parametrize(
    "test",
    [
        test_a_connection_closed_as_the_request_goes_out_is_replaced_once,
        test_half_an_answer_is_never_tried_again_in_silence,
        test_only_the_latest_answer_counts,
        test_an_answer_that_never_ends_is_left,
        test_words_that_nobody_asked_for_end_the_connection,
        test_a_cancelled_post_leaves_no_answer_for_the_next,
        test_each_of_many_at_once_gets_its_own_answer,
        test_closing_leaves_no_connection_open,
        lambda: test_a_connection_that_was_closed_while_idle_costs_nothing("close_idle_connections"),
        lambda: test_a_connection_that_was_closed_while_idle_costs_nothing("break_connections"),
        lambda: test_after_a_closing_answer_a_new_connection_is_made(Reply(202, close=True)),
    ],
)
def test_the_same_holds_on_the_event_loop_that_serves(test: Callable[[], Coroutine[None, None, None]]) -> None:
    uvloop.run(test())
