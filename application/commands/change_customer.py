"""What the staff does to a customer's profile: put it right, or erase the person."""

from dataclasses import dataclass

from application.clock import utc_now
from application.loyalty_desk import LoyaltyDesk
from application.mediator import Command
from application.ports import OrderFilter, OrderQueries
from application.queries.customers import CustomerReader, CustomerView
from domain.customer import ContactDetails, CustomerProfile
from domain.errors import OrdersUnderWay
from domain.order_lifecycle import FulfilmentType, OrderStatus, open_moves
from domain.repositories import Repository

UNDER_WAY = tuple(status for status in OrderStatus if any(open_moves(status, kind) for kind in FulfilmentType))


@dataclass(frozen=True, slots=True, kw_only=True)
class EditCustomerCommand(Command[CustomerView]):
    """`expected_version` is the version that the caller decided on; None accepts any."""

    customer_id: str
    details: ContactDetails
    user_id: str
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseCustomerCommand(Command[None]):
    customer_id: str
    user_id: str
    expected_version: int | None = None


class EditCustomerCommandHandler:
    def __init__(self, customers: Repository[CustomerProfile], reader: CustomerReader) -> None:
        self._customers = customers
        self._reader = reader

    async def handle(self, command: EditCustomerCommand) -> CustomerView:
        """Raises `NotFound`, `StaleVersion`, `VersionConflict`, `StoreUnavailable`."""
        profile = await self._reader.profile(command.customer_id)
        profile.expect_version(command.expected_version)
        newest = await self._reader.newest_order(profile)
        profile.edit(command.details, newest.id if newest else "", utc_now(), command.user_id)
        if profile.raised:
            await self._customers.save(profile)
        return CustomerView(profile.id, profile.version, profile.state, newest.state.placed_at if newest else None)


class EraseCustomerCommandHandler:
    """Empties the profile; the rest follows as a reaction. One that was erased stays so, however often it is asked."""

    def __init__(
        self,
        customers: Repository[CustomerProfile],
        orders: OrderQueries,
        reader: CustomerReader,
        loyalty: LoyaltyDesk,
    ) -> None:
        self._customers = customers
        self._orders = orders
        self._reader = reader
        self._loyalty = loyalty

    async def handle(self, command: EraseCustomerCommand) -> None:
        """Raises `NotFound`, `OrdersUnderWay`, `StaleVersion`, `VersionConflict`, `StoreUnavailable`."""
        profile = await self._customers.get(command.customer_id)
        if not profile.is_known:
            return
        profile.expect_version(command.expected_version)
        # First: an order that is placed after this look is a new person's, whatever comes of the next one.
        newest = await self._reader.newest_order(profile)
        await self._refuse_under_way(profile)
        profile.erase(newest.id if newest else "", utc_now(), command.user_id)
        await self._customers.save(profile)

    async def _refuse_under_way(self, profile: CustomerProfile) -> None:
        for status in UNDER_WAY:
            of_person = OrderFilter(customer_phone=profile.state.phone, status=status)
            found = await self._orders.list(of_person, limit=3, before_id=None)
            if found:
                raise OrdersUnderWay([order.id for order in found])
        waiting = (await self._loyalty.account(profile)).waiting
        coming = set(waiting) - (await self._orders.get_many(waiting)).keys()
        if coming:
            raise OrdersUnderWay(sorted(coming))
