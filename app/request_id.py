"""The id of the request being answered: the caller's `X-Request-ID`, or one made here. It is in every log line."""

import itertools
import os
import re
from contextvars import ContextVar

_current: ContextVar[str | None] = ContextVar("request_id", default=None)
_acceptable = re.compile(rb"[A-Za-z0-9_.:-]{1,64}").fullmatch
_prefix = os.urandom(6).hex()
_numbers = itertools.count(1)


def current_request_id() -> str | None:
    return _current.get()


def take_request_id(offered: bytes | None) -> str:
    """Take the caller's id where it is harmless to log and send back; unique to this process and number otherwise."""
    chosen = offered.decode() if offered and _acceptable(offered) else f"{_prefix}-{next(_numbers):x}"
    _current.set(chosen)
    return chosen
