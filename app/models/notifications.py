"""Notifications as the staff sees them: what was told when, and never to whom or in which words."""

from datetime import datetime
from typing import Any

from pydantic import Field

from app.models.base import OrderId, QueryModel, ResponseModel, example
from application.ports.notifications import Channel, NotificationKind, NotificationStatus

NOTIFICATION_EXAMPLE: dict[str, Any] = {
    "id": "01a1fc0a-db11-7cc0-8a53-0f4d3c5a7e21/sms",
    "orderId": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3",
    "kind": "ready",
    "channel": "sms",
    "status": "sent",
    "attempts": 1,
    "at": "2026-05-04T18:42:01.250Z",
    "providerId": "SM1f0e8ae6ade43cb3c0ce4525424e404f",
    "error": None,
}


class NotificationResponse(ResponseModel):
    model_config = example(NOTIFICATION_EXAMPLE)

    id: str = Field(description="The event's id and the channel.")
    order_id: OrderId
    kind: NotificationKind
    channel: Channel
    status: NotificationStatus = Field(description="`failed` is tried again; the others are final.")
    attempts: int
    at: datetime = Field(description="When this was found out.")
    provider_id: str | None = Field(description="What the provider calls the message; `console` where there is none.")
    error: str | None = Field(description="Why it was not sent: a code of the provider, or a word of ours.")


class OrderNotificationsResponse(ResponseModel):
    model_config = example({"items": [NOTIFICATION_EXAMPLE]})

    items: list[NotificationResponse]


class NotificationsResponse(ResponseModel):
    model_config = example({"items": [NOTIFICATION_EXAMPLE], "nextCursor": None})

    items: list[NotificationResponse]
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page; null on the last one.")


class NotificationsQuery(QueryModel):
    status: NotificationStatus | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=100, description="`nextCursor` of the page before.")
