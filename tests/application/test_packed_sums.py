"""Customers' sums in arrays say what they say in dictionaries, and no more are remembered than there is room for."""

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from application.analytics.figures import Customers
from application.analytics.packed import Memory, Packed

MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7))


def bought(*sums: tuple[int, int], orders: int = 0) -> Customers:
    return Customers(orders or len(sums), dict(sums), 5 * len(sums))


EARLIER = bought((7, 100), (2**64 - 1, 300), (1, 50))


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(bought((7, 100), (2**64 - 1, 900), (1, 51), (3, 20)), id="it goes on from the earlier"),
        pytest.param(bought((3, 20), (1, 51), (7, 100), (2**64 - 1, 900)), id="it was made apart"),
        pytest.param(EARLIER, id="nobody came since"),
        pytest.param(bought((7, 2**90), (2**64 - 1, 300), (1, 50)), id="a sum too large for an array"),
    ],
)
def test_what_has_come_since_is_the_same_as_in_dictionaries(later: Customers) -> None:
    since = Packed.of(later).less(Packed.of(EARLIER))

    expected = replace(later, sums=dict(later.sums))
    expected.subtract(EARLIER)
    assert since == expected
    assert all(since.sums.values())


def test_a_sum_comes_back_in_its_order() -> None:
    chance = random.Random(1)
    customers = bought(*((chance.getrandbits(60), chance.getrandbits(40)) for _ in range(500)))

    unpacked = Packed.of(customers).unpacked()

    assert unpacked == customers
    assert list(unpacked.sums) == list(customers.sums)


def test_what_was_made_of_other_months_is_not_found() -> None:
    memory = Memory(10)
    memory.put(MAY, "of then", {"EUR": Packed.of(EARLIER)})

    assert memory.get(MAY, "of now") is None
    assert memory.get(JUNE, "of then") is None
    assert memory.get(MAY, "of then") == {"EUR": Packed.of(EARLIER)}


def test_what_nobody_asked_for_is_forgotten_first() -> None:
    memory = Memory(2 * len(EARLIER.sums))
    sums = {"EUR": Packed.of(EARLIER)}
    memory.put(MAY, "may", sums)
    memory.put(JUNE, "june", sums)
    memory.put(JUNE, "june again", sums)
    assert memory.get(MAY, "may")

    memory.put(JULY, "july", sums)

    assert memory.get(JUNE, "june again") is None
    assert memory.get(MAY, "may")
    assert memory.get(JULY, "july")
