"""Who the customers are, as other concerns ask."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPreferences:
    """What a customer wants to be told, and in which language (BCP 47, None: the pizzeria's)."""

    email: bool = True
    sms: bool = True
    language: str | None = None


class CustomerDirectory(Protocol):
    """Finds a customer's wishes by phone number; the defaults where nobody is known. Raises `StoreUnavailable`."""

    async def preferences(self, phone: str) -> ContactPreferences: ...
