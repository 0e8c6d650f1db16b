"""The documentation pages. All their files are ours: they work where there is no internet."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.responses import JsonResponse

STATIC = Path(__file__).parent / "static"
#: The pages may load nothing from elsewhere. Both libraries write style elements.
PAGE_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "cache-control": "no-cache",
}


def docs_routes() -> list[BaseRoute]:
    return [
        Route("/", _start, name="start"),
        Route("/docs", _page("docs.html"), name="docs"),
        Route("/redoc", _page("redoc.html"), name="redoc"),
        Route("/openapi.json", _openapi, name="openapi"),
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
    ]


async def _start(_request: Request) -> Response:
    return RedirectResponse("docs")


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def page(_request: Request) -> Response:
        return FileResponse(STATIC / name, headers=PAGE_HEADERS)

    return page


async def _openapi(request: Request) -> Response:
    return JsonResponse(msgspec.json.encode(request.app.openapi()))
