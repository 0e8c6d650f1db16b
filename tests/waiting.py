"""Waiting for what happens in the background: until it is so, or a deadline has passed."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable


async def eventually(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 10.0) -> None:
    """Return as soon as `condition` holds. Raises AssertionError when `seconds` have passed without."""
    deadline = time.monotonic() + seconds
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {seconds} s: {inspect.getsource(condition).strip()}")
        await asyncio.sleep(0.005)
