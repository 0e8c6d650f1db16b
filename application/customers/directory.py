"""How customers want to be told of their orders, from their profiles."""

from collections.abc import Iterable

from application.customers.ids import CustomerIds
from application.ports.customers import ContactPreferences
from domain.customer import CustomerProfile
from domain.repositories import Repository


class ProfileDirectory:
    """Implements `application.ports.customers.CustomerDirectory`."""

    def __init__(self, customers: Repository[CustomerProfile], ids: CustomerIds) -> None:
        self._customers = customers
        self._ids = ids

    async def preferences(self, phones: Iterable[str]) -> dict[str, ContactPreferences]:
        ids = {phone: await self._ids.of(phone) for phone in phones}
        profiles = await self._customers.find_many(list(set(ids.values())))
        return {phone: _wishes(profiles.get(customer_id)) for phone, customer_id in ids.items()}


def _wishes(profile: CustomerProfile | None) -> ContactPreferences:
    if profile is None:
        return ContactPreferences()
    details = profile.state.details
    return ContactPreferences(email=details.email_wanted, sms=details.sms_wanted, language=details.language)
