"""One handler per command or query, found by its type, with behaviours around all of them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Q_contra = TypeVar("Q_contra", bound="Request[Any]", contravariant=True)

Call = Callable[[Any], Awaitable[Any]]


class Request(Generic[R]):
    """What can be asked of the application; `R` is the type of the answer."""

    __slots__ = ()


class Command(Request[R]):
    """Changes something, durably, before it is answered."""

    __slots__ = ()


class Query(Request[R]):
    """Changes nothing."""

    __slots__ = ()


class RequestHandler(Protocol[Q_contra, R_co]):
    async def handle(self, request: Q_contra, /) -> R_co: ...


#: Wraps the handling of a request: `behaviour(request_type, call)` returns the call to make instead.
Behaviour = Callable[[type[Request[Any]], Call], Call]


class Mediator:
    """Routes each request to its handler, through the behaviours, the first one outermost."""

    def __init__(self, behaviours: Sequence[Behaviour] = ()) -> None:
        self._behaviours = tuple(behaviours)
        self._calls: dict[type[Request[Any]], Call] = {}

    def register(self, request_type: type[Request[R]], handler: RequestHandler[Any, R]) -> None:
        """Give a request type its handler. Raises ValueError where it has one already."""
        if request_type in self._calls:
            raise ValueError(f"{request_type.__name__} has a handler already")
        call: Call = handler.handle
        for behaviour in reversed(self._behaviours):
            call = behaviour(request_type, call)
        self._calls[request_type] = call

    async def execute(self, request: Request[R]) -> R:
        """Handle a request. Raises LookupError where no handler is registered, and what the handler raises."""
        call = self._calls.get(type(request))
        if call is None:
            raise LookupError(f"no handler for {type(request).__name__}")
        answer: R = await call(request)
        return answer
