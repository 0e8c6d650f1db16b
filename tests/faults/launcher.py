"""Starts the service as `pizzeria` does, to be killed where FAULTS_KILL_AT says.

`after_effect:17` is the seventeenth time that a handler has had its effect, before the service can note it.
"""

import asyncio
import functools
import os
import random
import signal
from collections.abc import Callable
from typing import Any

from app import cli
from app.bootstrap import Service, build_service
from app.settings import Settings
from application.dispatch.dispatcher import Dispatcher
from application.dispatch.handler import BatchEventHandler, EventHandler
from application.dispatch.lane import Lane

VARIABLE = "FAULTS_KILL_AT"
POINTS = (
    "before_save",
    "after_save",
    "before_dispatch",
    "in_handler",
    "after_effect",
    "before_acknowledgement",
    "after_acknowledgement",
)
#: How far into a handler's work it may end, in seconds.
LONGEST_HANDLING = 0.004


class Failpoint:
    """Ends the process, as SIGKILL does, the `hits`th time that its place is passed."""

    def __init__(self, name: str, hits: int) -> None:
        self.name = name
        self._left = hits

    def is_due(self, name: str) -> bool:
        """Whether this is the place, and this the time."""
        if name == self.name:
            self._left -= 1
        return name == self.name and self._left == 0

    def pass_by(self, name: str) -> None:
        if self.is_due(name):
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def rig(service: Service, point: Failpoint) -> None:
    """Put every point into its place, around what the service calls anyway."""
    for method in ("add", "save"):
        _wrap(type(service.store.orders), method, point, before="before_save")
    # A claim is made in the very write that saves, and handed over as the next thing that happens.
    for method in ("submit", "notify"):
        _wrap_plain(Dispatcher, method, point, "after_save")
    _wrap_plain(Lane, "put", point, "before_dispatch")
    for handler_class in (EventHandler, BatchEventHandler):
        _wrap_handler(handler_class, point)
    for outbox in service.store.outboxes.values():
        _wrap(type(outbox), "settle", point, before="before_acknowledgement", after="after_acknowledgement")


def _wrap(owner: type[Any], method: str, point: Failpoint, *, before: str = "", after: str = "") -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    async def passing(*arguments: Any, **keywords: Any) -> Any:
        point.pass_by(before)
        result = await original(*arguments, **keywords)
        point.pass_by(after)
        return result

    setattr(owner, method, passing)


def _wrap_plain(owner: type[Any], method: str, point: Failpoint, name: str) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    def passing(*arguments: Any, **keywords: Any) -> Any:
        point.pass_by(name)
        return original(*arguments, **keywords)

    setattr(owner, method, passing)


def _wrap_handler(owner: type[Any], point: Failpoint) -> None:
    """In the middle of a handler is where its first wait has begun: a write or a request is on its way."""
    original: Callable[..., Any] = owner.__dict__["deliver"]

    @functools.wraps(original)
    async def passing(*arguments: Any) -> None:
        working = asyncio.ensure_future(original(*arguments))
        await asyncio.sleep(0)
        if not working.done() and point.is_due("in_handler"):
            await asyncio.sleep(random.uniform(0, LONGEST_HANDLING))
            die()
        try:
            await working
        finally:
            working.cancel()
        point.pass_by("after_effect")

    owner.deliver = passing


def _rigged(settings: Settings) -> Service:
    name, _, hits = os.environ[VARIABLE].partition(":")
    assert name in POINTS, f"{VARIABLE}: there is no point '{name}', only {', '.join(POINTS)}"
    service = build_service(settings)
    rig(service, Failpoint(name, int(hits)))
    return service


if __name__ == "__main__":
    if os.environ.get(VARIABLE):
        setattr(cli, "build_service", _rigged)  # noqa: B010 (the one seam there is)
    cli.main()
