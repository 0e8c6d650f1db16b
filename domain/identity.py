"""Identifiers: UUIDs of version 7, which sort by the moment they were made (RFC 9562, section 5.7)."""

import hashlib
import os
import time
from datetime import datetime


def _uuid7(unix_ms: int, tail: int | None = None) -> str:
    """`tail` has 80 bits, of which 74 are used; without it they are random."""
    if tail is None:
        tail = int.from_bytes(os.urandom(10))
    value = unix_ms << 80 | 0x7 << 76 | (tail >> 68) << 64 | 0x2 << 62 | (tail & (1 << 62) - 1)
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def new_order_id(placed_at: datetime) -> str:
    """Make an order's id. Its first 48 bits are `placed_at` in milliseconds, so that sorting by id sorts by time."""
    return _uuid7(int(placed_at.timestamp() * 1000))


def new_tour_id() -> str:
    """Make a tour's id."""
    return _uuid7(time.time_ns() // 1_000_000)


def new_event_id() -> str:
    """Make an event's id, unique for ever and the same in every retry."""
    return _uuid7(time.time_ns() // 1_000_000)


def first_id_at(moment: datetime) -> str:
    """The least id that an order placed at `moment` can have: a bound for ranges of time over ids."""
    stamp = f"{int(moment.timestamp() * 1000):012x}"
    return f"{stamp[:8]}-{stamp[8:]}"


class IdSource:
    """Ids that follow from a name, and sort by time as all others do: for what is taken in from elsewhere, perhaps more
    than once. The same name gives the same ids, another name others."""

    def __init__(self, name: str) -> None:
        self._first = int.from_bytes(hashlib.sha256(name.encode()).digest()[:10])

    def at(self, moment: datetime, number: int) -> str:
        """The id of this number, from 0 on, for something that was made at `moment`."""
        return _uuid7(int(moment.timestamp() * 1000), self._first + number & (1 << 80) - 1)
