"""What the tests of customers and points are built on: the parts of the service that concern them, on one store."""

from dataclasses import dataclass, field
from datetime import datetime

from application.clock import utc_now
from application.commands.change_customer import EraseCustomerCommand, EraseCustomerCommandHandler
from application.customers.desk import CustomerDesk
from application.customers.eraser import CustomerEraser
from application.customers.ids import CustomerIds
from application.events.customers import CustomerProfileHandler
from application.events.loyalty import LoyaltyPointsHandler
from application.loyalty_desk import LoyaltyDesk
from application.ports.loyalty import PointsLedger
from application.queries.customers import CustomerReader
from application.store import Store
from domain.customer import CustomerProfile
from domain.identity import new_order_id
from domain.order import Order
from domain.order_state import Customer, Fulfilment, OrderLine
from domain.repositories import Repository
from tests.builders import PICKUP, confirm

PHONE = "+390811234567"
POINT_VALUE = 5


@dataclass(slots=True)
class Counter:
    """The parts, as one process has them."""

    store: Store
    ids: CustomerIds = field(init=False)
    profiles: CustomerProfileHandler = field(init=False)
    points: LoyaltyPointsHandler = field(init=False)
    loyalty: LoyaltyDesk = field(init=False)
    eraser: CustomerEraser = field(init=False)

    def __post_init__(self) -> None:
        store = self.store
        self.ids = CustomerIds(store.secrets)
        self.profiles = CustomerProfileHandler(CustomerDesk(store.customers, store.order_queries, self.ids))
        self.points = LoyaltyPointsHandler(store.points, store.order_queries, self.ids)
        self.loyalty = self.loyalty_desk(store.orders)
        self.eraser = CustomerEraser(
            store.customers, store.orders, store.order_queries, store.event_log, store.outboxes
        )

    def loyalty_desk(self, orders: Repository[Order], ledger: PointsLedger | None = None) -> LoyaltyDesk:
        """One that adds orders here, and reads that ledger."""
        return LoyaltyDesk(
            customers=self.store.customers,
            orders=orders,
            queries=self.store.order_queries,
            ledger=ledger or self.store.points,
            ids=self.ids,
            point_value=POINT_VALUE,
        )

    async def profile(self, phone: str = PHONE) -> CustomerProfile:
        return await self.store.customers.get(await self.ids.of(phone))

    async def balance(self, phone: str = PHONE) -> int:
        return (await self.loyalty.account(await self.profile(phone))).balance

    async def meets(self, *orders: Order) -> None:
        """Keep these orders, and take in who placed them."""
        events = [order.raised[0] for order in orders]
        for order in orders:
            await self.store.orders.add(order)
        await self.profiles.handle_batch(events)  # type: ignore[arg-type]

    async def credits(self, points: int, phone: str = PHONE) -> Order:
        """Have a customer earn so many points with an order."""
        order = ordered(amount=points * 100, phone=phone)
        await self.meets(order)
        confirm(order)
        (confirmed,) = order.raised
        await self.store.orders.save(order)
        await self.points.handle_batch([confirmed])  # type: ignore[list-item]
        return order

    async def erase(self, phone: str = PHONE) -> None:
        """As the staff asks for it; what follows is the eraser's."""
        reader = CustomerReader(self.store.customers, self.store.order_queries)
        erase = EraseCustomerCommandHandler(self.store.customers, self.store.order_queries, reader, self.loyalty)
        await erase.handle(EraseCustomerCommand(customer_id=await self.ids.of(phone), user_id="luigi"))


def ordered(
    *,
    name: str = "Anna Esposito",
    phone: str = PHONE,
    email: str | None = None,
    amount: int = 2_500,
    fulfilment: Fulfilment = PICKUP,
    notes: str | None = None,
    placed_at: datetime | None = None,
    points: int = 0,
    key: str | None = None,
) -> Order:
    """An order of one pizza, paid with so many points, that no store has seen yet."""
    now = placed_at or utc_now()
    return Order.place(
        new_order_id(now),
        customer=Customer(name=name, phone=phone, email=email),
        fulfilment=fulfilment,
        items=[OrderLine(pizza="margherita", size="large", quantity=1, unit_price=amount)],
        currency="EUR",
        now=now,
        notes=notes,
        discount=points * POINT_VALUE,
        points_redeemed=points,
        idempotency_key=key,
    )
