"""One router per resource: parse, send one command or query, shape the answer."""

from typing import Any

from starlette.requests import Request

from app.bootstrap import Service
from application.mediator import Request as UseCase


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


async def execute(request: Request, use_case: UseCase[Any]) -> Any:
    """Send a command or query to its handler."""
    return await request.app.state.service.mediator.execute(use_case)
