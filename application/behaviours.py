"""What happens around every command and query: it is timed and logged, and a lost race is run again."""

import asyncio
import random
import time
from typing import Any

import structlog

from application.mediator import Behaviour, Call, Command, Request
from application.telemetry import Telemetry
from domain.errors import DomainError, VersionConflict

#: How often a command is run anew after it lost a race, and the longest pause between, in seconds.
CONFLICT_RETRIES = 20
LONGEST_PAUSE = 0.1

log = structlog.get_logger(__name__)


def observe(telemetry: Telemetry) -> Behaviour:
    """Count and time every request by its outcome; log what fails unexpectedly."""

    def around(request_type: type[Request[Any]], call: Call) -> Call:
        name = request_type.__name__

        async def observed(request: Request[Any]) -> Any:
            started = time.perf_counter()
            outcome = "ok"
            try:
                return await call(request)
            except DomainError as refusal:
                outcome = refusal.code
                log.debug("refused", request=name, code=refusal.code, reason=str(refusal))
                raise
            except BaseException as failure:
                outcome = "cancelled" if isinstance(failure, asyncio.CancelledError) else "error"
                raise
            finally:
                telemetry.executed(name, outcome, time.perf_counter() - started)

        return observed

    return around


def retry_conflicts(request_type: type[Request[Any]], call: Call) -> Call:
    """Run a command again that lost a race: its handler loads the aggregate anew and decides anew."""
    if not issubclass(request_type, Command):
        return call

    async def retried(request: Request[Any]) -> Any:
        for attempt in range(CONFLICT_RETRIES):
            try:
                return await call(request)
            except VersionConflict:
                await asyncio.sleep(random.uniform(0, min(LONGEST_PAUSE, 0.002 * 2.0**attempt)))
        return await call(request)

    return retried
