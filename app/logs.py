"""Structured logs: readable on a terminal, JSON elsewhere; every line of a request carries its id."""

import logging
import sys
from typing import Any

import structlog

from app.request_id import current_request_id

#: The libraries' own chatter starts at this level.
LIBRARY_LEVEL = logging.WARNING


def configure_logs(log_format: str, level: str) -> None:
    """Set up structlog and the standard library's logging alike. `log_format` is `auto`, `console` or `json`."""
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
    ]
    minimum = logging.getLevelNamesMapping()[level.upper()]
    last: list[Any] = _console_end() if console else _json_end()
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(minimum),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder(), structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(level=max(minimum, LIBRARY_LEVEL), handlers=[handler], force=True)


def _console_end() -> list[Any]:
    return [structlog.dev.ConsoleRenderer(sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]


def _json_end() -> list[Any]:
    # Without local variables: they hold customers' data and keys.
    tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
    return [structlog.processors.ExceptionRenderer(tracebacks), structlog.processors.JSONRenderer()]


def _add_request_id(_: Any, __: str, event: Any) -> Any:
    request_id = current_request_id()
    if request_id:
        event.setdefault("request_id", request_id)
    return event
