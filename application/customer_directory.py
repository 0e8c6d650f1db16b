"""How customers want to be told of their orders, from their profiles."""

from application.customer_ids import CustomerIds
from application.ports.customers import ContactPreferences
from domain.customer import CustomerProfile
from domain.repositories import Repository


class ProfileDirectory:
    """Implements `application.ports.customers.CustomerDirectory`."""

    def __init__(self, customers: Repository[CustomerProfile], ids: CustomerIds) -> None:
        self._customers = customers
        self._ids = ids

    async def preferences(self, phone: str) -> ContactPreferences:
        profile = await self._customers.find(await self._ids.of(phone))
        if profile is None:
            return ContactPreferences()
        details = profile.state.details
        return ContactPreferences(email=details.email_wanted, sms=details.sms_wanted, language=details.language)
