"""A basket to be priced, and its price."""

from typing import Any

from pydantic import Field

from app.models.base import Amount, RequestModel, ResponseModel, example
from app.models.order_requests import PLACE_ORDER_EXAMPLES, OrderItemRequest
from app.models.order_responses import ORDER_EXAMPLE, OrderLineResponse
from application.queries.quote import Quote, QuoteOrderQuery
from domain.order_rules import MAX_LINES

BASKET_EXAMPLE: dict[str, Any] = {"items": PLACE_ORDER_EXAMPLES[0]["items"]}
QUOTE_EXAMPLE: dict[str, Any] = {
    "lines": ORDER_EXAMPLE["items"],
    "currency": "USD",
    "totalAmount": 3638,
    "pizzaCount": 2,
}


class QuoteRequest(RequestModel):
    """The same `items` as those of an order."""

    model_config = example(BASKET_EXAMPLE)

    items: list[OrderItemRequest] = Field(min_length=1, max_length=MAX_LINES)

    def to_query(self) -> QuoteOrderQuery:
        return QuoteOrderQuery(tuple(item.to_basket_item() for item in self.items))


class QuoteResponse(ResponseModel):
    model_config = example(QUOTE_EXAMPLE)

    lines: list[OrderLineResponse]
    currency: str = Field(description="ISO 4217")
    total_amount: Amount
    pizza_count: int

    @classmethod
    def of(cls, quote: Quote) -> "QuoteResponse":
        return cls(
            lines=[OrderLineResponse.model_validate(line) for line in quote.lines],
            currency=quote.currency,
            total_amount=quote.total_amount,
            pizza_count=quote.pizza_count,
        )
