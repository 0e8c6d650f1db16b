"""Customers and their points."""

from app.parts import Parts
from application.commands.change_customer import (
    EditCustomerCommand,
    EditCustomerCommandHandler,
    EraseCustomerCommand,
    EraseCustomerCommandHandler,
)
from application.mediator import Mediator
from application.queries.customers import (
    CustomerReader,
    ExportCustomerQuery,
    ExportCustomerQueryHandler,
    FindCustomerQuery,
    FindCustomerQueryHandler,
    GetCustomerQuery,
    GetCustomerQueryHandler,
    GetPointsQuery,
    GetPointsQueryHandler,
    ListCustomerOrdersQuery,
    ListCustomerOrdersQueryHandler,
)


def register(mediator: Mediator, parts: Parts) -> None:
    store = parts.store
    reader = CustomerReader(store.customers, store.order_queries)
    points = GetPointsQueryHandler(reader, store.points, parts.loyalty_desk)
    erase = EraseCustomerCommandHandler(store.customers, store.order_queries, reader, parts.loyalty_desk)
    mediator.register(EditCustomerCommand, EditCustomerCommandHandler(store.customers, reader))
    mediator.register(EraseCustomerCommand, erase)
    mediator.register(GetCustomerQuery, GetCustomerQueryHandler(reader))
    mediator.register(FindCustomerQuery, FindCustomerQueryHandler(store.customers, parts.customer_ids, reader))
    mediator.register(ListCustomerOrdersQuery, ListCustomerOrdersQueryHandler(reader))
    mediator.register(GetPointsQuery, points)
    mediator.register(ExportCustomerQuery, ExportCustomerQueryHandler(reader, store.event_log, points))
