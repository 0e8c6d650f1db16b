"""The kitchen, as clients see it."""

from datetime import datetime

from pydantic import Field

from app.models.base import OrderId, QueryModel, ResponseModel, example
from domain.kitchen import TicketStatus


class KitchenResponse(ResponseModel):
    model_config = example({"capacity": 12, "cooking": 3, "queued": 5, "nextReadyTime": "2026-05-04T18:42:00.125Z"})

    capacity: int = Field(description="How many orders cook at once, at most.")
    cooking: int
    queued: int = Field(description="Confirmed orders that nobody cooks yet; counted up to 1000.")
    next_ready_time: datetime = Field(description="When an order confirmed now would be ready.")


class TicketItemResponse(ResponseModel):
    pizza: str
    size: str
    quantity: int
    extra_toppings: list[str]


class TicketResponse(ResponseModel):
    order_id: OrderId
    status: TicketStatus
    items: list[TicketItemResponse]
    fulfilment: str
    pizza_count: int
    notes: str | None
    cook: str | None
    confirmed_at: datetime
    estimated_ready_time: datetime
    updated_at: datetime


class TicketsResponse(ResponseModel):
    model_config = example(
        {
            "items": [
                {
                    "orderId": "01a1fc0a-da02-70ba-b23f-1fafa9d8f1b3",
                    "status": "queued",
                    "items": [{"pizza": "margherita", "size": "large", "quantity": 2, "extraToppings": ["olives"]}],
                    "fulfilment": "delivery",
                    "pizzaCount": 2,
                    "notes": None,
                    "cook": None,
                    "confirmedAt": "2026-05-04T18:31:00.125Z",
                    "estimatedReadyTime": "2026-05-04T18:43:00.125Z",
                    "updatedAt": "2026-05-04T18:31:00.125Z",
                }
            ]
        }
    )

    items: list[TicketResponse]


class TicketsQuery(QueryModel):
    status: TicketStatus | None = Field(None, description="Without it: what is queued or cooking.")
    limit: int = Field(100, ge=1, le=500)
