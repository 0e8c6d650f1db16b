"""Background work leaves the way to requests, and takes it back when they are gone."""

import asyncio
import time
from dataclasses import dataclass

import pytest

from application.dispatch.courtesy import CROWD, LONGEST_PAUSE, Courtesy
from application.mediator import Command, Mediator, Query
from domain.errors import KitchenFull


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Command[None]):
    until: asyncio.Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Look(Query[None]):
    until: asyncio.Event


class Waiting:
    async def handle(self, request: Wait | Look) -> None:
        await request.until.wait()
        raise KitchenFull("Come back later.")


def a_mediator(courtesy: Courtesy) -> Mediator:
    mediator = Mediator([courtesy.around])
    mediator.register(Wait, Waiting())
    mediator.register(Look, Waiting())
    return mediator


async def test_a_crowd_of_commands_gets_a_pause_from_background_work() -> None:
    courtesy = Courtesy()
    mediator, done = a_mediator(courtesy), asyncio.Event()
    waiting = [asyncio.create_task(mediator.execute(Wait(until=done))) for _ in range(CROWD + 1)]
    await asyncio.sleep(0)

    started = time.monotonic()
    await courtesy.let_requests_go_first(gathers=True)

    assert time.monotonic() - started >= LONGEST_PAUSE
    done.set()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("kind", [Wait, Look])
async def test_commands_count_while_they_are_in_hand_however_they_end(kind: type[Wait] | type[Look]) -> None:
    courtesy = Courtesy()
    mediator, done = a_mediator(courtesy), asyncio.Event()
    waiting = [asyncio.create_task(mediator.execute(kind(until=done))) for _ in range(3)]
    await asyncio.sleep(0)
    assert courtesy.in_hand == (3 if kind is Wait else 0)

    waiting[0].cancel()
    done.set()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert courtesy.in_hand == 0
