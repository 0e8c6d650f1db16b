"""The publisher against a real sink: what arrives, in which order, and what each answer means for an event."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from application.dispatch.retry import BatchFailed, Rejected, Unavailable
from domain.events import DomainEvent
from infrastructure.cloudevents.mapping import EventMapping
from infrastructure.cloudevents.outcomes import SinkRefused, check_answer, seconds_to_wait
from infrastructure.cloudevents.publisher import LARGEST_BATCH, MODES, HttpCloudEventPublisher
from tests.infrastructure.events import confirmed, confirmed_in_a_row, one_of_each
from tests.sinks import HalfReply, Reply, Reset, Silence, Sink

SINGLE_MODES = ("structured", "binary")
each_mode = pytest.mark.parametrize("mode", MODES)
each_single_mode = pytest.mark.parametrize("mode", SINGLE_MODES)


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        yield sink


@asynccontextmanager
async def publishing(sink: Sink, mode: str = "structured") -> AsyncIterator[HttpCloudEventPublisher]:
    publisher = HttpCloudEventPublisher(sink.url, EventMapping(), mode=mode)
    await publisher.open()
    try:
        yield publisher
    finally:
        await publisher.close()


def ids(events: Sequence[DomainEvent]) -> list[str]:
    return [event.event_id for event in events]


async def failure_of(publisher: HttpCloudEventPublisher, event: DomainEvent) -> Exception:
    """What became of one event, whichever way the mode reports it."""
    try:
        await publisher.publish([event])
    except BatchFailed as failed:
        return failed.failures[event.event_id]
    except Exception as failure:
        return failure
    raise AssertionError("it was published")


@each_mode
async def test_every_kind_of_event_arrives_once_and_in_order(sink: Sink, mode: str) -> None:
    events = one_of_each()
    async with publishing(sink, mode) as publisher:
        await publisher.publish(events)
    assert sink.ids == ids(events)
    assert [event.get_attributes() for event in sink.events] == [
        EventMapping().to_cloud_event(event).get_attributes() for event in events
    ]


@each_mode
async def test_the_event_keeps_its_id_in_every_try(sink: Sink, mode: str) -> None:
    sink.script(Reply(500), Reply(500), Reply(200))
    event = confirmed()
    async with publishing(sink, mode) as publisher:
        await failure_of(publisher, event)
        await failure_of(publisher, event)
        await publisher.publish([event])
    assert len(sink.requests) == 3
    assert sink.ids == [event.event_id]


async def test_a_full_batch_is_one_post_and_more_is_two(sink: Sink) -> None:
    events = [confirmed() for _ in range(LARGEST_BATCH + 1)]
    async with publishing(sink, "batched") as publisher:
        await publisher.publish(events[:LARGEST_BATCH])
        assert len(sink.requests) == 1
        await publisher.publish(events)
    assert len(sink.requests) == 3
    assert sink.ids == ids(events[:LARGEST_BATCH]) + ids(events)


@each_mode
async def test_connections_are_kept_and_shared(sink: Sink, mode: str) -> None:
    async with publishing(sink, mode) as publisher:
        for _ in range(20):
            await asyncio.gather(*(publisher.publish([confirmed()]) for _ in range(3)))
    assert len(sink.events) == 60
    assert sink.connections == 3


# Answers


@each_mode
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_a_yes(sink: Sink, mode: str, status: int) -> None:
    headers = {} if status != 204 else {"Content-Length": "0"}
    sink.behaviour = Reply(status, headers)
    async with publishing(sink, mode) as publisher:
        await publisher.publish([confirmed()])
    assert len(sink.events) == 1


@each_mode
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_counts_as_a_failure(sink: Sink, mode: str, status: int) -> None:
    sink.script(Reply(status, {"Location": "/elsewhere"}))
    async with publishing(sink, mode) as publisher:
        failure = await failure_of(publisher, confirmed())
    assert isinstance(failure, SinkRefused)
    assert "redirects are not followed" in str(failure)
    assert [request.path for request in sink.requests] == ["/events"]


@each_mode
@pytest.mark.parametrize("status", [400, 401, 404, 408, 409, 413, 422, 500, 501])
async def test_a_refusal_counts_as_a_failure_of_the_event(sink: Sink, mode: str, status: int) -> None:
    sink.script(Reply(status, body=b"no"))
    async with publishing(sink, mode) as publisher:
        failure = await failure_of(publisher, confirmed())
    assert isinstance(failure, SinkRefused)
    assert failure.status == status


@each_mode
@pytest.mark.parametrize("status", [410, 415])
async def test_gone_and_unsupported_are_for_ever(sink: Sink, mode: str, status: int) -> None:
    sink.script(Reply(status))
    async with publishing(sink, mode) as publisher:
        assert isinstance(await failure_of(publisher, confirmed()), Rejected)


@each_mode
@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_busy_sink_says_how_long_to_wait(sink: Sink, mode: str, status: int) -> None:
    sink.script(Reply(status, {"Retry-After": "7"}), Reply(status))
    async with publishing(sink, mode) as publisher:
        waits = [await failure_of(publisher, confirmed()) for _ in range(2)]
    assert all(isinstance(wait, Unavailable) for wait in waits)
    assert [getattr(wait, "retry_after", "?") for wait in waits] == [7.0, None]


def test_a_wait_may_be_a_date() -> None:
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    wait = seconds_to_wait(in_an_hour)
    assert wait is not None
    assert 3500 < wait <= 3600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0),
        (" 12 ", 12.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 99 Oct 2015 07:28:00 GMT", None),
        *((text, None) for text in ("soon", "", "-1", "1e9", "9" * 400, None)),
    ],
)
def test_a_wait_that_makes_no_sense_is_no_wait(text: str | None, expected: float | None) -> None:
    assert seconds_to_wait(text) == expected


def test_an_answer_below_200_is_no_yes() -> None:
    with pytest.raises(SinkRefused):
        check_answer("the sink", 101, None)


# No answer


@each_mode
async def test_a_sink_that_is_down_is_unavailable_and_then_back(sink: Sink, mode: str) -> None:
    events = [confirmed(), confirmed(), confirmed()]
    async with publishing(sink, mode) as publisher:
        await publisher.publish(events[:1])
        await sink.refuse_connections()
        assert isinstance(await failure_of(publisher, events[1]), Unavailable)
        await sink.accept_connections()
        await publisher.publish(events[2:])
    assert sink.ids == ids([events[0], events[2]])


@each_mode
@pytest.mark.parametrize(
    "behaviour", [Reset(), HalfReply(), HalfReply(b""), HalfReply(b"HTTP/1.1 20"), HalfReply(b"SSH-2.0-OpenSSH_9\r\n")]
)
async def test_half_an_answer_is_none(sink: Sink, mode: str, behaviour: Reset | HalfReply) -> None:
    sink.behaviour = behaviour
    async with publishing(sink, mode) as publisher:
        assert isinstance(await failure_of(publisher, confirmed()), Unavailable)


@each_mode
async def test_a_sink_that_never_answers_is_unavailable(sink: Sink, mode: str) -> None:
    sink.script(Silence())
    publisher = HttpCloudEventPublisher(sink.url, EventMapping(), mode=mode, timeout=0.1)
    assert isinstance(await failure_of(publisher, confirmed()), Unavailable)
    await publisher.publish([confirmed()])
    await publisher.close()
    assert len(sink.events) == 1


@each_single_mode
async def test_a_slow_sink_keeps_what_it_took_and_the_rest_waits(sink: Sink, mode: str) -> None:
    sink.behaviour = Reply(202, after=0.06)
    events = confirmed_in_a_row(100)
    publisher = HttpCloudEventPublisher(sink.url, EventMapping(), mode=mode, patience=0.1)
    with pytest.raises(BatchFailed) as failed:
        await publisher.publish(events)
    await publisher.close()
    assert 1 <= len(sink.events) < 100
    assert list(failed.value.failures) == ids(events[len(sink.events) :])
    assert all(isinstance(failure, Unavailable) for failure in failed.value.failures.values())


async def test_an_unknown_host_is_unavailable() -> None:
    publisher = HttpCloudEventPublisher("http://no-such-host.invalid/", EventMapping())
    assert isinstance(await failure_of(publisher, confirmed()), Unavailable)


# Several events in one call


@each_single_mode
async def test_behind_a_failure_nothing_is_sent(sink: Sink, mode: str) -> None:
    events = confirmed_in_a_row(4)
    sink.script(Reply(202), Reply(500))
    async with publishing(sink, mode) as publisher:
        with pytest.raises(BatchFailed) as failed:
            await publisher.publish(events)
    assert list(failed.value.failures) == ids(events[1:])
    assert sink.ids == ids(events[:1])


async def test_a_refused_batch_of_several_orders_is_for_the_caller_to_split(sink: Sink) -> None:
    sink.script(Reply(400))
    async with publishing(sink, "batched") as publisher:
        with pytest.raises(SinkRefused):
            await publisher.publish([confirmed(), confirmed()])
    assert len(sink.requests) == 1


async def test_in_a_refused_batch_of_one_order_only_the_bad_event_and_later_ones_fail(sink: Sink) -> None:
    events = confirmed_in_a_row(4)
    sink.script(Reply(400), Reply(202), Reply(202), Reply(400))
    async with publishing(sink, "batched") as publisher:
        with pytest.raises(BatchFailed) as failed:
            await publisher.publish(events)
    assert list(failed.value.failures) == ids(events[2:])
    assert sink.ids == ids(events[:2])


async def test_a_batch_to_a_busy_sink_is_unavailable_as_a_whole(sink: Sink) -> None:
    sink.script(Reply(503, {"Retry-After": "3"}))
    async with publishing(sink, "batched") as publisher:
        with pytest.raises(Unavailable) as unavailable:
            await publisher.publish(confirmed_in_a_row(3))
    assert unavailable.value.retry_after == 3.0
    assert len(sink.requests) == 1


async def test_what_the_first_of_two_posts_delivered_is_done(sink: Sink) -> None:
    events = [confirmed() for _ in range(LARGEST_BATCH + 2)]
    sink.script(Reply(202), Reply(503))
    async with publishing(sink, "batched") as publisher:
        with pytest.raises(BatchFailed) as failed:
            await publisher.publish(events)
    assert list(failed.value.failures) == ids(events[LARGEST_BATCH:])


# Settings


@pytest.mark.parametrize("url", ["", "sink", "ftp://sink/", "http://", "/events", "http://sink:port/"])
def test_an_address_that_is_none_is_refused_at_start(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        HttpCloudEventPublisher(url, EventMapping())


def test_an_unknown_mode_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match="structured, binary, batched"):
        HttpCloudEventPublisher("http://sink/", EventMapping(), mode="carrier-pigeon")


async def test_every_post_is_observed_with_its_outcome(sink: Sink) -> None:
    seen: list[tuple[str, float]] = []
    publisher = HttpCloudEventPublisher(sink.url, EventMapping(), observe=lambda *post: seen.append(post))
    sink.script(Reply(202), Reply(400), Reply(410), Reply(503), HalfReply())
    await publisher.publish([confirmed()])
    for _ in range(4):
        await failure_of(publisher, confirmed())
    await publisher.close()
    assert [outcome for outcome, _ in seen] == ["ok", "refused", "rejected", "unavailable", "unavailable"]
    assert all(seconds > 0 for _, seconds in seen)
