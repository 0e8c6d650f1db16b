"""The menu."""

from app.parts import Parts
from application.commands.change_menu import (
    AddPizzaCommand,
    AddPizzaCommandHandler,
    AddToppingCommand,
    AddToppingCommandHandler,
    ChangePizzaCommand,
    ChangePizzaCommandHandler,
    ChangeToppingCommand,
    ChangeToppingCommandHandler,
    MenuChanger,
    ReplaceMenuCommand,
    ReplaceMenuCommandHandler,
    RetirePizzaCommand,
    RetirePizzaCommandHandler,
    RetireToppingCommand,
    RetireToppingCommandHandler,
)
from application.mediator import Mediator
from application.queries.kitchen import GetMenuQuery, GetMenuQueryHandler


def register(mediator: Mediator, parts: Parts) -> None:
    changer = MenuChanger(parts.store.menus, parts.menu)
    mediator.register(ReplaceMenuCommand, ReplaceMenuCommandHandler(changer))
    mediator.register(AddPizzaCommand, AddPizzaCommandHandler(changer))
    mediator.register(ChangePizzaCommand, ChangePizzaCommandHandler(changer))
    mediator.register(RetirePizzaCommand, RetirePizzaCommandHandler(changer))
    mediator.register(AddToppingCommand, AddToppingCommandHandler(changer))
    mediator.register(ChangeToppingCommand, ChangeToppingCommandHandler(changer))
    mediator.register(RetireToppingCommand, RetireToppingCommandHandler(changer))
    mediator.register(GetMenuQuery, GetMenuQueryHandler(parts.menu))
