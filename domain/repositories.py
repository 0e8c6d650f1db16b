"""Where aggregates are kept. Every store implements these, and every store passes the same contract tests."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from domain.aggregate import AggregateRoot
from domain.customer import CustomerProfile
from domain.driver import Driver
from domain.kitchen import Kitchen
from domain.menu import Menu
from domain.order import Order

A = TypeVar("A", bound=AggregateRoot[Any])


class Repository(Protocol[A]):
    """Keeps one kind of aggregate, each saved together with its events in one atomic, durable write."""

    async def get(self, aggregate_id: str) -> A:
        """Load one. Raises `NotFound`, `StoreUnavailable`."""
        ...

    async def find(self, aggregate_id: str) -> A | None:
        """Load one, or None where there is none. Raises `StoreUnavailable`."""
        ...

    async def find_many(self, aggregate_ids: Sequence[str]) -> dict[str, A]:
        """Load those that there are, by id, in one look. Raises `StoreUnavailable`."""
        ...

    async def add(self, aggregate: A) -> None:
        """Write a new one. Raises `DuplicateId`, `DuplicateRequest`, `StoreUnavailable`."""
        ...

    async def save(self, aggregate: A) -> None:
        """Write what changed since it was loaded, where nobody else has saved it meanwhile.

        Raises `VersionConflict`, `BacklogFull`, `StoreUnavailable`.
        """
        ...


OrderRepository = Repository[Order]
MenuRepository = Repository[Menu]
KitchenRepository = Repository[Kitchen]
DriverRepository = Repository[Driver]
CustomerRepository = Repository[CustomerProfile]
