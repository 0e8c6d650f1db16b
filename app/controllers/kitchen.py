"""The kitchen: how busy it is, and its tickets."""

from typing import Annotated

from fastapi import APIRouter, Query, Security
from starlette.requests import Request

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.kitchen import KitchenResponse, TicketResponse, TicketsQuery, TicketsResponse
from application.queries.kitchen import GetKitchenQuery, ListTicketsQuery
from domain.kitchen import OPEN_TICKETS

STAFF = [Security(staff_only)]

router = APIRouter(prefix="/api/kitchen", tags=["kitchen"], route_class=LeanRoute, dependencies=STAFF)


@router.get("", operation_id="getKitchen", summary="See how busy the kitchen is")
async def get_kitchen(request: Request) -> KitchenResponse:
    """Its capacity, its load, and when an order confirmed now would be ready."""
    return KitchenResponse.model_validate(await execute(request, GetKitchenQuery()))


@router.get("/tickets", operation_id="listTickets", summary="See the kitchen's tickets")
async def list_tickets(request: Request, query: Annotated[TicketsQuery, Query()]) -> TicketsResponse:
    """The one confirmed first at the top. A ticket follows its order a moment later."""
    statuses = (query.status,) if query.status else OPEN_TICKETS
    tickets = await execute(request, ListTicketsQuery(statuses, query.limit))
    return TicketsResponse(items=[TicketResponse.model_validate(ticket) for ticket in tickets])
