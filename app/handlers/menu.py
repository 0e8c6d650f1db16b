"""The menu."""

from app.parts import Parts
from application.commands.replace_menu import ReplaceMenuCommand, ReplaceMenuCommandHandler
from application.mediator import Mediator
from application.queries.kitchen import GetMenuQuery, GetMenuQueryHandler


def register(mediator: Mediator, parts: Parts) -> None:
    mediator.register(ReplaceMenuCommand, ReplaceMenuCommandHandler(parts.store.menus, parts.menu))
    mediator.register(GetMenuQuery, GetMenuQueryHandler(parts.menu))
