"""What the application asks about customers from elsewhere: how, and in which language, they want to be told."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPreferences:
    """What a customer wants to be told, and in which language (BCP 47, None: the pizzeria's)."""

    email: bool = True
    sms: bool = True
    language: str | None = None


class CustomerDirectory(Protocol):
    async def preferences(self, phones: Iterable[str]) -> dict[str, ContactPreferences]:
        """Of each of these numbers; defaults where nobody is known. Raises `StoreUnavailable`."""
        ...
