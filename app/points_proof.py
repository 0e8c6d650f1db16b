"""Whose points pay for an order: anybody can type a phone number, and nobody is to pay with what is another's."""

from starlette.requests import Request

from app.auth import StaffKeys
from app.controllers import execute, service_of
from app.request_parts import header_reader
from application.ports import OrderFilter
from application.queries.orders import ListOrdersQuery, OrderPage
from domain.errors import PointsNotYours
from domain.order_lifecycle import OrderStatus

#: How many of the number's orders are looked at, the newest first.
LATEST_ORDERS = 20
HANDED_OVER = frozenset({OrderStatus.DELIVERED, OrderStatus.COLLECTED})

_read_key = header_reader("X-API-Key")
_read_token = header_reader("X-Order-Token")


async def check_points_are_theirs(request: Request, phone: str) -> None:
    """Let through the staff, and whoever shows the token of an order of this number that was handed over: in a
    stranger's name one can be placed, but not so easily received. Raises `PointsNotYours`, `StoreUnavailable`."""
    keys: StaffKeys = request.app.state.staff_keys
    key, token = _read_key(request), _read_token(request)
    if key is not None and keys.find(key):
        return
    tokens = service_of(request).order_tokens
    if token is not None:
        page: OrderPage = await execute(
            request, ListOrdersQuery(where=OrderFilter(customer_phone=phone), limit=LATEST_ORDERS)
        )
        if any(order.state.status in HANDED_OVER and tokens.verify(order.id, token) for order in page.orders):
            return
    raise PointsNotYours(
        "Ask the staff, or send the token of an earlier order that you received in the header X-Order-Token.",
        parameter="/redeemPoints",
    )
