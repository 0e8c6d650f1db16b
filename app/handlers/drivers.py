"""Drivers: who they are, what they deliver, and their tours."""

from app.parts import Parts
from application.commands.assign_driver import (
    AssignDriverCommand,
    AssignDriverCommandHandler,
    UnassignDriverCommand,
    UnassignDriverCommandHandler,
)
from application.commands.drivers import (
    ChangeDriverCommand,
    ChangeDriverCommandHandler,
    RegisterDriverCommand,
    RegisterDriverCommandHandler,
)
from application.commands.start_tour import StartTourCommand, StartTourCommandHandler
from application.mediator import Mediator
from application.queries.drivers import (
    GetDriverQuery,
    GetDriverQueryHandler,
    ListDriversQuery,
    ListDriversQueryHandler,
)


def register(mediator: Mediator, parts: Parts) -> None:
    drivers, orders = parts.store.drivers, parts.store.orders
    mediator.register(RegisterDriverCommand, RegisterDriverCommandHandler(drivers))
    mediator.register(ChangeDriverCommand, ChangeDriverCommandHandler(drivers))
    mediator.register(StartTourCommand, StartTourCommandHandler(drivers, orders, parts.tour_desk))
    mediator.register(AssignDriverCommand, AssignDriverCommandHandler(parts.orders, drivers))
    mediator.register(UnassignDriverCommand, UnassignDriverCommandHandler(parts.orders))
    mediator.register(GetDriverQuery, GetDriverQueryHandler(parts.store.driver_queries))
    mediator.register(ListDriversQuery, ListDriversQueryHandler(parts.store.driver_queries))
