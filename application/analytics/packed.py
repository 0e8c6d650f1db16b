"""Customers' sums as two arrays, 16 bytes for each: small enough to remember, and subtracted without a loop."""

from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import compress
from operator import sub
from typing import Self

from application.analytics.figures import Customers


@dataclass(frozen=True, slots=True)
class Packed:
    """What `Customers` says, in its order."""

    orders: int
    unknown: int
    keys: "array[int]"
    values: Sequence[int]

    @classmethod
    def of(cls, customers: Customers) -> Self:
        values: Sequence[int] = list(customers.sums.values())
        if max(values, default=0) < 1 << 63:
            values = array("q", values)
        return cls(customers.orders, customers.unknown, array("Q", customers.sums), values)

    def less(self, earlier: Self) -> Customers:
        """What has come since; `earlier` counts nothing that is not counted here."""
        many = len(earlier.keys)
        if self.keys[:many] != earlier.keys:  # made apart, or anew meanwhile: else the later begins as the earlier does
            customers = self.unpacked()
            customers.subtract(earlier.unpacked())
            return customers
        rest = [*map(sub, self.values, earlier.values), *self.values[many:]]
        sums = dict(zip(compress(self.keys, rest), filter(None, rest), strict=True))
        return Customers(self.orders - earlier.orders, sums, self.unknown - earlier.unknown)

    def unpacked(self) -> Customers:
        return Customers(self.orders, dict(zip(self.keys, self.values, strict=True)), self.unknown)


NOTHING = Packed.of(Customers())


class Memory:
    """Sums up to months, those asked for last, of no more than `most` customers in all. Who asks names the token that
    the sum has to have: what is older is not found."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._sums: OrderedDict[datetime, tuple[str, Mapping[str, Packed]]] = OrderedDict()

    def get(self, month: datetime, token: str) -> Mapping[str, Packed] | None:
        known, sums = self._sums.get(month, ("", None))
        if sums is None or known != token:
            return None
        self._sums.move_to_end(month)
        return sums

    def put(self, month: datetime, token: str, sums: Mapping[str, Packed]) -> None:
        self._held -= _size(self._sums.pop(month, ("", {}))[1])
        self._sums[month] = (token, sums)
        self._held += _size(sums)
        while self._held > self._most:
            _, (_, forgotten) = self._sums.popitem(last=False)
            self._held -= _size(forgotten)


def _size(sums: Mapping[str, Packed]) -> int:
    return sum(len(packed.keys) for packed in sums.values())
