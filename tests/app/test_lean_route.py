"""The lean route does what FastAPI's does for what it takes, and refuses at import what it does not."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query, Security
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app.errors import EXCEPTION_HANDLERS
from app.lean_route import LeanRoute
from app.refusals import Forbidden


class Basket(BaseModel):
    pizzas: int


class Paging(BaseModel):
    limit: int = 10


def deny(request: Request) -> None:
    raise Forbidden("Nobody may.")


def note(request: Request) -> None:
    request.scope.setdefault("noted", []).append("here")


async def guard_later(request: Request) -> None: ...


def guard_of_more(request: Request, also: str) -> None: ...


def guard_and_clean(request: Request) -> Any:
    yield


async def everything(
    request: Request,
    shop: str,
    basket: Basket,
    paging: Annotated[Paging, Query()],
    if_match: Annotated[str | None, Header(alias="If-Match")] = None,
) -> Response:
    parts = [shop, basket.pizzas, paging.limit, if_match, request.scope.get("noted")]
    return PlainTextResponse(" ".join(map(str, parts)))


async def echo(basket: Basket) -> Basket:
    return basket


async def maybe(basket: Basket | None = None) -> Response:
    return PlainTextResponse("nothing" if basket is None else str(basket.pizzas))


def _app(*routes: APIRoute) -> FastAPI:
    return FastAPI(routes=list(routes), exception_handlers=EXCEPTION_HANDLERS)


async def _call(app: FastAPI, method: str, path: str, **options: Any) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        return await client.request(method, path, **options)


async def test_every_kind_of_argument_arrives() -> None:
    app = _app(LeanRoute("/{shop}", everything, methods=["POST"], dependencies=[Security(note)]))
    response = await _call(app, "POST", "/mario?limit=3", json={"pizzas": 2}, headers={"If-Match": '"1"'})

    assert response.text == "mario 2 3 \"1\" ['here']"


async def test_a_model_is_answered_with_the_routes_status() -> None:
    app = _app(LeanRoute("/", echo, methods=["POST"], status_code=202))
    response = await _call(app, "POST", "/", json={"pizzas": 2})

    assert (response.status_code, response.json()) == (202, {"pizzas": 2})


async def test_a_guard_that_refuses_keeps_the_endpoint_and_the_body_unseen() -> None:
    app = _app(LeanRoute("/{shop}", everything, methods=["POST"], dependencies=[Security(note), Security(deny)]))
    response = await _call(app, "POST", "/mario", content=b"not even JSON")

    assert response.status_code == 403


async def test_the_guards_of_a_router_are_run() -> None:
    router = APIRouter(prefix="/shop", route_class=LeanRoute, dependencies=[Security(deny)])
    router.post("/")(echo)
    response = await _call(FastAPI(routes=router.routes, exception_handlers=EXCEPTION_HANDLERS), "POST", "/shop/")

    assert response.status_code == 403


async def test_an_optional_body_may_be_left_out_or_sent() -> None:
    app = _app(LeanRoute("/", maybe, methods=["POST"]))

    assert (await _call(app, "POST", "/")).text == "nothing"
    assert (await _call(app, "POST", "/", json={"pizzas": 4})).text == "4"


async def test_it_is_documented_as_fastapi_documents_it() -> None:
    options: dict[str, Any] = {"methods": ["POST"], "operation_id": "everything", "summary": "All"}
    lean = _app(LeanRoute("/{shop}", everything, **options)).openapi()
    stock = _app(APIRoute("/{shop}", everything, **options)).openapi()

    assert lean == stock


async def test_including_it_is_refused_since_the_guards_would_be_lost() -> None:
    router = APIRouter(route_class=LeanRoute)
    router.post("/")(echo)
    app = FastAPI()
    app.include_router(router, dependencies=[Security(deny)])

    with pytest.raises(TypeError, match="cannot be included"):
        await _call(app, "POST", "/", json={"pizzas": 2})


def sync_endpoint(request: Request) -> Response:
    return Response()


async def number_in_path(shop: int) -> Response:
    return Response()


async def loose_query(limit: int = 3) -> Response:
    return Response()


async def injected(value: Annotated[str, Depends(note)]) -> Response:
    return Response()


async def two_bodies(basket: Basket, other: Basket) -> Response:
    return Response()


async def list_body(baskets: list[Basket]) -> Response:
    return Response()


async def required_header(key: Annotated[str, Header()]) -> Response:
    return Response()


async def many_of_a_header(key: Annotated[list[str] | None, Header()] = None) -> Response:
    return Response()


async def half_optional_body(basket: Basket | None) -> Response:
    return Response()


async def forgets_its_path() -> Response:
    return Response()


async def streams_items() -> AsyncIterator[Basket]:
    yield Basket(pizzas=1)


@pytest.mark.parametrize(
    ("endpoint", "path"),
    [
        (sync_endpoint, "/"),
        (number_in_path, "/{shop}"),
        (loose_query, "/"),
        (injected, "/"),
        (two_bodies, "/"),
        (list_body, "/"),
        (required_header, "/"),
        (many_of_a_header, "/"),
        (half_optional_body, "/"),
        (forgets_its_path, "/{shop}"),
        (streams_items, "/"),
    ],
)
def test_a_signature_that_it_cannot_serve_is_refused(endpoint: Callable[..., Any], path: str) -> None:
    with pytest.raises(TypeError):
        LeanRoute(path, endpoint, methods=["POST"])


@pytest.mark.parametrize("guard", [guard_later, guard_of_more, guard_and_clean])
def test_a_guard_that_it_cannot_run_is_refused(guard: Callable[..., Any]) -> None:
    with pytest.raises(TypeError):
        LeanRoute("/", echo, methods=["POST"], dependencies=[Depends(guard)])


@pytest.mark.parametrize(
    "options",
    [
        {"response_class": PlainTextResponse},
        {"response_model_exclude_none": True},
        {"response_model_by_alias": False},
        {"max_body_size": 10},
    ],
)
def test_an_option_that_would_do_nothing_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=next(iter(options))):
        LeanRoute("/", echo, methods=["POST"], **options)
