"""The screen in the kitchen, played by a real server."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from application.dispatch.retry import Rejected, TimedOut, Unavailable
from domain.events import OrderCancelledEvent
from infrastructure.cloudevents.outcomes import SinkRefused
from infrastructure.kitchen_display import HttpKitchenDisplay
from tests.infrastructure.events import confirmed, one_of_each
from tests.sinks import HalfReply, Reply, Reset, Silence, Sink


@pytest.fixture
async def screen() -> AsyncIterator[Sink]:
    async with Sink() as sink:
        yield sink


@pytest.fixture
async def display(screen: Sink) -> AsyncIterator[HttpKitchenDisplay]:
    async with httpx.AsyncClient() as client:
        yield HttpKitchenDisplay(screen.url, client)


def shown(screen: Sink) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(screen.requests[-1].body)
    return body


async def test_a_confirmed_order_is_shown_with_what_to_cook(display: HttpKitchenDisplay, screen: Sink) -> None:
    event = confirmed("order-1")
    await display.show(event)
    assert screen.requests[-1].method == "POST"
    assert shown(screen)["event"] == "order.confirmed"
    assert shown(screen)["orderId"] == "order-1"
    assert [item["pizza"] for item in shown(screen)["items"]] == ["margherita", "diavola"]
    assert shown(screen)["estimatedReadyTime"] == "2026-03-01T12:12:00.123000Z"
    assert shown(screen)["notes"] == event.notes


async def test_without_notes_there_are_none(display: HttpKitchenDisplay, screen: Sink) -> None:
    await display.show(replace(confirmed(), notes=None))
    assert "notes" not in shown(screen)


async def test_a_cancelled_order_is_shown_without_what_the_customer_said(
    display: HttpKitchenDisplay, screen: Sink
) -> None:
    (event,) = (event for event in one_of_each() if isinstance(event, OrderCancelledEvent))
    await display.show(event)
    assert shown(screen)["event"] == "order.cancelled"
    assert "reason" not in shown(screen)


async def test_the_display_can_tell_a_repeat(display: HttpKitchenDisplay, screen: Sink) -> None:
    event = confirmed()
    await display.show(event)
    await display.show(event)
    assert [request.headers["idempotency-key"] for request in screen.requests] == [event.event_id] * 2


@pytest.mark.parametrize(
    ("behaviour", "failure"),
    [
        (Reply(503, {"Retry-After": "4"}), Unavailable),
        (Reply(429), Unavailable),
        (Reply(410), Rejected),
        (Reply(415), Rejected),
        (Reply(500), SinkRefused),
        (Reply(307, {"Location": "/elsewhere"}), SinkRefused),
        (Reset(), Unavailable),
        (HalfReply(), Unavailable),
    ],
)
async def test_each_answer_means_what_it_means_for_the_sink(
    display: HttpKitchenDisplay, screen: Sink, behaviour: Reply | Reset | HalfReply, failure: type[Exception]
) -> None:
    screen.behaviour = behaviour
    with pytest.raises(failure) as raised:
        await display.show(confirmed())
    assert type(raised.value) is failure
    assert len(screen.requests) == 1


async def test_a_wait_that_was_asked_for_is_passed_on(display: HttpKitchenDisplay, screen: Sink) -> None:
    screen.behaviour = Reply(503, {"Retry-After": "4"})
    with pytest.raises(Unavailable) as unavailable:
        await display.show(confirmed())
    assert unavailable.value.retry_after == 4.0


async def test_a_display_that_hangs_has_timed_out_after_the_time_that_was_set(screen: Sink) -> None:
    screen.behaviour = Silence()
    async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113
        with pytest.raises(TimedOut):
            await HttpKitchenDisplay(screen.url, client, timeout=0.1).show(confirmed())


async def test_a_display_that_is_off_is_unavailable(display: HttpKitchenDisplay, screen: Sink) -> None:
    await screen.refuse_connections()
    with pytest.raises(Unavailable):
        await display.show(confirmed())
