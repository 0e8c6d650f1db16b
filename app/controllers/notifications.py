"""What customers were told, and what became of it."""

from typing import Annotated

from fastapi import APIRouter, Query, Security
from starlette.requests import Request

from app.auth import staff_only
from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.notifications import (
    NotificationResponse,
    NotificationsQuery,
    NotificationsResponse,
    OrderNotificationsResponse,
)
from app.openapi import problems
from application.queries.notifications import GetOrderNotificationsQuery, ListNotificationsQuery, NotificationPage

router = APIRouter(prefix="/api", tags=["notifications"], route_class=LeanRoute, dependencies=[Security(staff_only)])


@router.get(
    "/orders/{order_id}/notifications",
    operation_id="listOrderNotifications",
    summary="See what a customer was told of an order",
    responses=problems("not_found"),
)
async def list_order_notifications(request: Request, order_id: str) -> OrderNotificationsResponse:
    """The oldest event first. Addresses and texts are not kept."""
    records = await execute(request, GetOrderNotificationsQuery(order_id))
    return OrderNotificationsResponse(items=[NotificationResponse.model_validate(record) for record in records])


@router.get("/notifications", operation_id="listNotifications", summary="Find notifications")
async def list_notifications(request: Request, query: Annotated[NotificationsQuery, Query()]) -> NotificationsResponse:
    """Those of the newest event first, a page at a time."""
    wanted = ListNotificationsQuery(status=query.status, limit=query.limit, cursor=query.cursor)
    page: NotificationPage = await execute(request, wanted)
    return NotificationsResponse(
        items=[NotificationResponse.model_validate(record) for record in page.items], next_cursor=page.next_cursor
    )
