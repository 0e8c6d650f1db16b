"""Requests find their handlers, and a lost race is run again."""

from dataclasses import dataclass

import pytest

from application.behaviours import CONFLICT_RETRIES, retry_conflicts
from application.mediator import Call, Command, Mediator, Query, Request
from domain.errors import VersionConflict


@dataclass(frozen=True, slots=True)
class BakeCommand(Command[str]):
    pizza: str


@dataclass(frozen=True, slots=True)
class TasteQuery(Query[str]):
    pizza: str


class Oven:
    """Loses the race a number of times before it bakes."""

    def __init__(self, conflicts: int = 0) -> None:
        self.conflicts = conflicts
        self.calls = 0

    async def handle(self, request: BakeCommand | TasteQuery) -> str:
        self.calls += 1
        if self.calls <= self.conflicts:
            raise VersionConflict("somebody was first")
        return f"a hot {request.pizza}"


async def test_a_request_is_answered_by_its_handler() -> None:
    mediator = Mediator()
    mediator.register(BakeCommand, Oven())
    assert await mediator.execute(BakeCommand("margherita")) == "a hot margherita"


async def test_a_request_without_a_handler_and_a_second_handler_are_mistakes() -> None:
    mediator = Mediator()
    with pytest.raises(LookupError):
        await mediator.execute(BakeCommand("margherita"))
    mediator.register(BakeCommand, Oven())
    with pytest.raises(ValueError, match="BakeCommand"):
        mediator.register(BakeCommand, Oven())


async def test_behaviours_wrap_the_handler_the_first_one_outermost() -> None:
    trace: list[str] = []

    def tracing(name: str) -> object:
        def around(request_type: type[Request[object]], call: Call) -> Call:
            async def traced(request: Request[object]) -> object:
                trace.append(f"{name} in")
                answer = await call(request)
                trace.append(f"{name} out")
                return answer

            return traced

        return around

    mediator = Mediator([tracing("outer"), tracing("inner")])  # type: ignore[list-item]
    mediator.register(BakeCommand, Oven())
    await mediator.execute(BakeCommand("diavola"))
    assert trace == ["outer in", "inner in", "inner out", "outer out"]


async def test_a_command_that_lost_a_race_is_run_again() -> None:
    oven = Oven(conflicts=3)
    mediator = Mediator([retry_conflicts])
    mediator.register(BakeCommand, oven)
    assert await mediator.execute(BakeCommand("diavola")) == "a hot diavola"
    assert oven.calls == 4


async def test_a_command_that_always_loses_gives_up() -> None:
    oven = Oven(conflicts=1_000)
    mediator = Mediator([retry_conflicts])
    mediator.register(BakeCommand, oven)
    with pytest.raises(VersionConflict):
        await mediator.execute(BakeCommand("diavola"))
    assert oven.calls == CONFLICT_RETRIES + 1


async def test_a_query_is_never_run_again() -> None:
    oven = Oven(conflicts=1)
    mediator = Mediator([retry_conflicts])
    mediator.register(TasteQuery, oven)
    with pytest.raises(VersionConflict):
        await mediator.execute(TasteQuery("diavola"))
