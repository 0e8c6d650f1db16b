"""Finds the reactions: every handler class of a package, however deep, built from the ports that it asks for."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any, get_type_hints

import structlog

from application.dispatch.handler import BatchEventHandler, EventHandler

log = structlog.get_logger(__name__)


def discover_handlers(package: ModuleType, ports: Mapping[Any, object | None]) -> list[EventHandler[Any]]:
    """Build every `EventHandler` defined in the modules of `package`, however deep, sorted by name.

    A constructor's annotations say which ports it gets. One whose port is not configured (None) is off. Raises
    LookupError for an annotation that is no known port, ValueError for two handlers of the same name.
    """
    handlers: dict[str, EventHandler[Any]] = {}
    for handler_class in _handler_classes(package):
        if handler_class.__name__ in handlers:
            raise ValueError(f"two event handlers are named {handler_class.__name__}; names must be unique")
        arguments = _arguments(handler_class, ports)
        if None in arguments.values():
            log.info("handler_off", handler=handler_class.__name__, reason="what it needs is not configured")
            continue
        handlers[handler_class.__name__] = handler_class(**arguments)
    return [handlers[name] for name in sorted(handlers)]


def _handler_classes(package: ModuleType) -> Iterator[type[EventHandler[Any]]]:
    bases = (EventHandler, BatchEventHandler)
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for _, member in inspect.getmembers(module, inspect.isclass):
            defined_here = member.__module__ == module.__name__
            if defined_here and issubclass(member, EventHandler) and member not in bases:
                yield member


def _arguments(handler_class: type[EventHandler[Any]], ports: Mapping[Any, object | None]) -> dict[str, object | None]:
    constructor = handler_class.__init__
    if constructor is object.__init__:
        return {}
    hints = get_type_hints(constructor)
    hints.pop("return", None)
    for name, annotation in hints.items():
        if annotation not in ports:
            raise LookupError(f"{handler_class.__name__}.{name}: {annotation} is not a known port")
    return {name: ports[annotation] for name, annotation in hints.items()}
