"""A reaction is one class in one file: found, given what it asks for, and sent what it names."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from app.bootstrap import build_service
from app.settings import load_settings
from application.dispatch.handler import EventHandler, handled_types
from application.events.discovery import discover_handlers
from domain.events import DomainEvent, OrderConfirmedEvent, OrderReadyEvent
from tests.application.delivering import process
from tests.waiting import eventually

ONE_FILE = """
from application.dispatch.handler import EventHandler
from domain.events import OrderConfirmedEvent

class Bell:
    def __init__(self) -> None:
        self.rung = []

class RingTheBellHandler(EventHandler[OrderConfirmedEvent]):
    def __init__(self, bell: Bell) -> None:
        self._bell = bell

    async def handle(self, event: OrderConfirmedEvent) -> None:
        self._bell.rung.append(event.aggregate_id)
"""


@pytest.fixture
def package_of(tmp_path: Path) -> Iterator[Callable[..., ModuleType]]:
    """Makes an importable package of the given files."""
    sys.path.insert(0, str(tmp_path))

    def make(**files: str) -> ModuleType:
        folder = tmp_path / "reactions"
        folder.mkdir()
        (folder / "__init__.py").touch()
        for name, text in files.items():
            (folder / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module("reactions")

    yield make
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.split(".")[0] == "reactions"]:
        del sys.modules[name]


async def test_one_new_file_is_a_new_reaction(tmp_path: Path, package_of: Callable[..., ModuleType]) -> None:
    package = package_of(bell=ONE_FILE)
    bell_class = importlib.import_module("reactions.bell").Bell
    bell = bell_class()
    handlers = discover_handlers(package, {bell_class: bell})
    async with process(tmp_path / "p.db", handlers) as running:
        order = await running.place()
        await running.confirm(order)
        await eventually(running.nothing_pending)
    assert bell.rung == [order.id]


def test_a_reaction_may_stand_in_a_package_of_its_own(tmp_path: Path, package_of: Callable[..., ModuleType]) -> None:
    package = package_of()
    inner = tmp_path / "reactions" / "integration"
    inner.mkdir()
    (inner / "__init__.py").touch()
    (inner / "bell.py").write_text(ONE_FILE)
    bell_class = importlib.import_module("reactions.integration.bell").Bell

    handlers = discover_handlers(package, {bell_class: bell_class()})
    assert [handler.name for handler in handlers] == ["RingTheBellHandler"]


def test_a_reaction_whose_port_is_not_configured_is_off(package_of: Callable[..., ModuleType]) -> None:
    package = package_of(bell=ONE_FILE)
    bell_class = importlib.import_module("reactions.bell").Bell
    assert discover_handlers(package, {bell_class: None}) == []


def test_a_reaction_that_asks_for_what_nobody_has_is_a_mistake(package_of: Callable[..., ModuleType]) -> None:
    with pytest.raises(LookupError, match="RingTheBellHandler"):
        discover_handlers(package_of(bell=ONE_FILE), {})


def test_two_reactions_of_one_name_are_a_mistake(package_of: Callable[..., ModuleType]) -> None:
    package = package_of(
        bell=ONE_FILE, other=ONE_FILE.replace("Bell:", "OtherBell:").replace("bell: Bell", "bell: str")
    )
    bell_class = importlib.import_module("reactions.bell").Bell
    with pytest.raises(ValueError, match="RingTheBellHandler"):
        discover_handlers(package, {bell_class: bell_class(), str: "x"})


def test_the_services_own_reactions_are_found(tmp_path: Path) -> None:
    service = build_service(load_settings(database_url=f"sqlite:///{tmp_path}/pizzeria.db"))
    assert {"AuditTrailHandler", "KitchenTicketHandler", "PizzaCookedHandler"} <= service.dispatcher.lanes.keys()


class OfTwo(EventHandler[OrderConfirmedEvent | OrderReadyEvent]):
    pass


class OfAll(EventHandler[DomainEvent]):
    pass


class OfNone(EventHandler):  # type: ignore[type-arg]
    pass


def test_a_handler_names_its_events_in_its_type() -> None:
    assert handled_types(OfTwo) == (OrderConfirmedEvent, OrderReadyEvent)
    assert handled_types(OfAll) == (DomainEvent,)
    with pytest.raises(TypeError, match="OfNone"):
        handled_types(OfNone)
