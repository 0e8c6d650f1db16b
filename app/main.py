"""The web application around a service."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version

from fastapi import FastAPI
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from app.auth import StaffKeys
from app.bootstrap import Service
from app.controllers import (
    analytics,
    audit,
    customers,
    dead_letters,
    driver_positions,
    drivers,
    health,
    incoming,
    inventory,
    kitchen,
    menu,
    notifications,
    orders,
    payments,
    quotes,
    schemas,
    streams,
)
from app.docs import docs_routes
from app.errors import EXCEPTION_HANDLERS
from app.middleware import Edge
from app.openapi import build_openapi
from app.streams import StreamSlots

#: Objects allocated before the young generation is looked at; the default of 700 costs the slowest requests 40 ms.
GC_THRESHOLDS = (50_000, 50, 100)
DESCRIPTION = """
Amounts are whole numbers of minor units (cents). Times are UTC. Every error is a problem document (RFC 9457).
Changes are guarded by versions: send the `ETag` that you decided on as `If-Match`.
"""
TAGS = [
    {"name": "orders", "description": "Place, read, and move them along."},
    {"name": "menu", "description": "What can be ordered."},
    {"name": "stock", "description": "Ingredients, recipes, and what is on hand."},
    {"name": "kitchen", "description": "Capacity, load and the queue."},
    {"name": "drivers", "description": "Who delivers what, their tours, and where they are."},
    {"name": "notifications", "description": "What customers were told, and what became of it."},
    {"name": "customers", "description": "Profiles, points, export and erasure."},
    {"name": "analytics", "description": "What the orders add up to, as JSON or CSV."},
    {"name": "streams", "description": "Server-sent events, resumable by `Last-Event-ID`."},
    {"name": "operations", "description": "The audit trail, and what could not be delivered."},
    {"name": "events", "description": "CloudEvents: those that come in, and the schemas of those that go out."},
    {"name": "health", "description": "For probes and scrapers."},
]
ROUTERS = (
    orders,
    quotes,
    payments,
    streams,
    menu,
    inventory,
    kitchen,
    driver_positions,  # before the drivers, whose ids its path looks like
    drivers,
    customers,
    notifications,
    incoming,
    dead_letters,
    audit,
    analytics,
    health,
    schemas,
)


class Application(FastAPI):
    """FastAPI without the middleware that serves what is not used here: `Edge` has the last word on errors and limits
    bodies, and a `LeanRoute` needs no exit stack. That is a tenth of what answering a request costs."""

    def build_middleware_stack(self) -> ASGIApp:
        stack: ASGIApp = ExceptionMiddleware(self.router, handlers=self.exception_handlers)
        for middleware in reversed(self.user_middleware):
            stack = middleware.cls(stack, *middleware.args, **middleware.kwargs)
        return stack


def create_app(service: Service) -> FastAPI:
    """Make the application; it starts the service when the server starts it, and stops it likewise."""
    settings = service.settings
    app = Application(
        title="Mario's Pizzeria",
        summary="Orders, from the first click to the last bite.",
        description=DESCRIPTION,
        version=_version(),
        openapi_tags=TAGS,
        routes=_routes(),
        lifespan=_lifespan(service),
        exception_handlers=EXCEPTION_HANDLERS,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.service = service
    app.state.staff_keys = StaffKeys(settings.staff_by_key())
    app.state.stream_slots = StreamSlots(settings.max_streams)
    app.add_middleware(
        Edge,
        metrics=service.metrics,
        max_body_bytes=settings.max_body_bytes,
        max_requests=settings.max_requests,
    )
    app.openapi = partial(build_openapi, app)  # type: ignore[method-assign]
    return app


def _routes() -> list[BaseRoute]:
    # Not `include_router`, which would match every request twice and wrap each route anew.
    return [route for controller in ROUTERS for route in controller.router.routes] + docs_routes()


def _lifespan(service: Service) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await _start(app, service)
        try:
            with _settled_garbage():
                yield
        finally:
            await service.stop()

    return lifespan


async def _start(app: FastAPI, service: Service) -> None:
    """A start that waits for its store can be given up through `app.state.give_up_start`."""
    starting = asyncio.create_task(service.start(), name="start")
    app.state.give_up_start = starting.cancel
    await starting


class _settled_garbage:  # noqa: N801 (used as a function)
    """What exists once the service has started stays: the collector need not look at it again."""

    def __enter__(self) -> None:
        self._before = gc.get_threshold()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)

    def __exit__(self, *failure: object) -> None:
        gc.set_threshold(*self._before)
        gc.unfreeze()


def _version() -> str:
    try:
        return version("marios-pizzeria")
    except PackageNotFoundError:
        return "0.1.0"
