"""Who is asking: the staff by API key, a customer by the token of one order."""

import hmac
import secrets
from collections.abc import Mapping

from fastapi.openapi.models import APIKey
from fastapi.security.base import SecurityBase
from starlette.datastructures import State
from starlette.requests import Request

from app.order_tokens import OrderTokens
from app.refusals import Forbidden, Unauthorized
from app.request_parts import header_reader
from domain.actor import CUSTOMER, act_as
from domain.order_state import StaffMember

STAFF_SCHEME = "staffKey"
CUSTOMER_SCHEME = "orderToken"
STREAM = "/stream"

_read_key = header_reader("X-API-Key")
_read_token = header_reader("X-Order-Token")


def _header_key(name: str, description: str) -> APIKey:
    return APIKey.model_validate({"in": "header", "name": name, "description": description})


class StaffKeys:
    """The keys that let the staff in. Where none is configured, one is made, and `generated` holds it."""

    def __init__(self, names_by_key: Mapping[str, str]) -> None:
        self.generated = None if names_by_key else secrets.token_urlsafe(24)
        names = names_by_key or {self.generated or "": "staff"}
        self._staff = [(key.encode(), StaffMember(id=name, name=name)) for key, name in names.items()]

    def find(self, key: str) -> StaffMember | None:
        """Compare with every key, each in constant time, so that the time taken tells nothing."""
        offered = key.encode()
        found = None
        for known, member in self._staff:
            if hmac.compare_digest(known, offered):
                found = member
        return found


class StaffOnly(SecurityBase):
    """Lets through whoever shows a staff key. Raises `Unauthorized`, and `Forbidden` for a customer."""

    def __init__(self) -> None:
        self.scheme_name = STAFF_SCHEME
        self.model = _header_key("X-API-Key", "One of PIZZERIA_API_KEYS.")

    def __call__(self, request: Request) -> None:
        if _identify_staff(request):
            return
        if _offered_token(request):
            raise Forbidden("Only the staff may do this; an order's token opens that order alone.")
        raise Unauthorized("Send an API key in the header X-API-Key.", parameter="X-API-Key")


class OwnOrderOrStaff(SecurityBase):
    """Lets through the staff, and whoever shows the token of this order. Raises `Unauthorized`, `Forbidden`."""

    def __init__(self) -> None:
        self.scheme_name = CUSTOMER_SCHEME
        self.model = _header_key(
            "X-Order-Token",
            "The token that placing the order returned; streams also take it as `token` in the query.",
        )

    def __call__(self, request: Request) -> None:
        if _identify_staff(request):
            return
        token = _offered_token(request)
        if token is None:
            raise Unauthorized(
                "Send the order's token in the header X-Order-Token, or an API key in X-API-Key.",
                parameter="X-Order-Token",
            )
        tokens: OrderTokens = _state(request).service.order_tokens
        if not tokens.verify(request.path_params["order_id"], token):
            raise Forbidden("This is not the token of this order.", parameter="X-Order-Token")
        act_as(CUSTOMER)


staff_only = StaffOnly()
own_order_or_staff = OwnOrderOrStaff()


def staff_member(request: Request) -> StaffMember | None:
    """The member of the staff whose key came with the request, once a guard has let it through; None for a customer."""
    member: StaffMember | None = request.scope.get("pizzeria.staff")
    return member


def the_staff_member(request: Request) -> StaffMember:
    """The same where `staff_only` guards. Raises `Unauthorized` where it does not."""
    member = staff_member(request)
    if member is None:
        raise Unauthorized("Only the staff may do this.")
    return member


def _identify_staff(request: Request) -> bool:
    key = _read_key(request)
    if key is None:
        return False
    keys: StaffKeys = _state(request).staff_keys
    member = keys.find(key)
    if member is None:
        raise Unauthorized("This API key is not known.", parameter="X-API-Key")
    request.scope["pizzeria.staff"] = member
    act_as(f"staff:{member.id}")
    return True


def _offered_token(request: Request) -> str | None:
    token = _read_token(request)
    if token is None and request.scope["path"].endswith(STREAM):  # a browser's EventSource can send no header
        token = request.query_params.get("token")
    return token


def _state(request: Request) -> State:
    state: State = request.app.state
    return state
