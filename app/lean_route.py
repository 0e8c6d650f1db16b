"""A route with FastAPI's documentation and pydantic's validation, but without its injection machinery.

FastAPI resolves a dependency graph for every request, which costs more than all the rest of answering it. This route
settles at import, from the endpoint's signature, how each argument is made, and refuses what it cannot do:

    request: Request                              the request
    order_id: str                                 a part of the path
    order: Model, or Model | None = None          the JSON body, None where there is none
    key: Annotated[str | None, Header(...)] = None
    page: Annotated[Model, Query()]               all query parameters
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from fastapi import params
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.request_parts import body_reader, header_reader, query_reader
from app.responses import JsonResponse

Guard = Callable[[Request], None]
Reader = Callable[[Request], Any]
BodyReader = Callable[[Request], Awaitable[Any]]


class LeanRoute(APIRoute):
    """Raises TypeError, when it is made, for an endpoint, guard or option that it cannot serve faithfully."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self._made = False
        super().__init__(path, endpoint, **options)
        self._made = True
        _refuse_ignored_options(self, options)
        self.app = _lean_app(self)

    def get_route_handler(self) -> Any:
        """`include_router` asks for this a second time, and its guards would be dropped: use the app's `routes`."""
        if self._made:
            raise TypeError("a LeanRoute cannot be included; hand its router's routes to FastAPI(routes=...)")
        return super().get_route_handler()


def _lean_app(route: LeanRoute) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    endpoint = route.endpoint
    guards = _guards(route.dependencies)
    readers, body = _readers(endpoint, set(route.param_convertors))
    status_code = route.status_code or 200

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        for guard in guards:
            guard(request)
        arguments = {name: read(request) for name, read in readers}
        if body is not None:
            arguments[body[0]] = await body[1](request)
        answer = await endpoint(**arguments)
        response = answer if isinstance(answer, Response) else _encode(answer, status_code)
        await response(scope, receive, send)

    return app


def _encode(model: BaseModel, status_code: int) -> Response:
    return JsonResponse(model.__pydantic_serializer__.to_json(model, by_alias=True), status_code)


def _guards(dependencies: Sequence[params.Depends]) -> list[Guard]:
    """The route's dependencies, in their order. Each takes the request and returns nothing; a refusal is raised."""
    guards: list[Guard] = []
    for dependency in dependencies:
        guard = dependency.dependency
        call = guard if inspect.isfunction(guard) else getattr(guard, "__call__", None)  # noqa: B004
        if guard is None or call is None or _is_async(call) or list(inspect.signature(guard).parameters) != ["request"]:
            raise TypeError(f"a LeanRoute's dependency is a plain function of `request`; {guard!r} is not")
        guards.append(guard)
    return guards


def _is_async(call: Callable[..., Any]) -> bool:
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
    return any(kind(call) for kind in kinds)


def _readers(
    endpoint: Callable[..., Any], path_names: set[str]
) -> tuple[list[tuple[str, Reader]], tuple[str, BodyReader] | None]:
    if not inspect.iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__} must be `async def`")
    hints = get_type_hints(endpoint, include_extras=True)
    readers: list[tuple[str, Reader]] = []
    body: tuple[str, BodyReader] | None = None
    for name, parameter in inspect.signature(endpoint).parameters.items():
        hint = hints.get(name)
        model = _body_model(hint)
        if model is not None and body is None:
            body = name, body_reader(model, optional=_is_optional(hint, parameter))
        else:
            readers.append((name, _reader(endpoint, parameter, hint, path_names)))
    missing = path_names - {name for name, _ in readers}
    if missing:
        raise TypeError(f"{endpoint.__name__} takes no argument for {sorted(missing)} in its path")
    return readers, body


def _reader(endpoint: Callable[..., Any], parameter: inspect.Parameter, hint: Any, path_names: set[str]) -> Reader:
    name = parameter.name
    if hint is Request:
        return lambda request: request
    if hint is str and name in path_names:
        return lambda request: request.scope["path_params"][name]
    if get_origin(hint) is Annotated:
        base, *marks = get_args(hint)
        if len(marks) == 1 and isinstance(marks[0], params.Header) and _is_optional_str(base, parameter):
            return header_reader(marks[0].alias or name.replace("_", "-"))
        if len(marks) == 1 and isinstance(marks[0], params.Query) and _is_model(base):
            return query_reader(base)
    raise TypeError(f"{endpoint.__name__}: a LeanRoute cannot fill `{name}: {hint}`")


def _body_model(hint: Any) -> type[BaseModel] | None:
    options = [option for option in get_args(hint) if option is not NoneType] if _is_union(hint) else [hint]
    return options[0] if len(options) == 1 and _is_model(options[0]) else None


def _is_optional(hint: Any, parameter: inspect.Parameter) -> bool:
    optional = _is_union(hint)
    if optional != (parameter.default is None):
        raise TypeError(f"`{parameter.name}`: an optional body is `Model | None = None`")
    return optional


def _is_optional_str(base: Any, parameter: inspect.Parameter) -> bool:
    return set(get_args(base)) == {str, NoneType} and parameter.default is None


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in (Union, UnionType)


def _is_model(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _refuse_ignored_options(route: APIRoute, options: dict[str, Any]) -> None:
    ignored = {
        "response_class": not isinstance(route.response_class, DefaultPlaceholder),
        "response_model_include": route.response_model_include is not None,
        "response_model_exclude": route.response_model_exclude is not None,
        "response_model_by_alias": not route.response_model_by_alias,
        "response_model_exclude_unset": route.response_model_exclude_unset,
        "response_model_exclude_defaults": route.response_model_exclude_defaults,
        "response_model_exclude_none": route.response_model_exclude_none,
        "callbacks": bool(route.callbacks),
        "max_body_size": route.max_body_size is not None,
        "form_limits": options.get("form_limits") is not None,
    }
    asked = sorted(name for name, is_set in ignored.items() if is_set)
    if asked:
        raise TypeError(f"a LeanRoute does not know {', '.join(asked)}")
