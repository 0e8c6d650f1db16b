"""Quotes: what a basket would cost."""

from fastapi import APIRouter
from starlette.requests import Request

from app.controllers import execute
from app.lean_route import LeanRoute
from app.models.quotes import QuoteRequest, QuoteResponse
from app.openapi import problems

router = APIRouter(prefix="/api/orders", tags=["orders"], route_class=LeanRoute)


@router.post(
    "/quote",
    operation_id="quoteOrder",
    summary="Price a basket",
    responses=problems(
        "invalid_request",
        "invalid_order",
        "unknown_pizza",
        "unknown_size",
        "unknown_topping",
        "not_available",
        "sold_out",
    ),
)
async def quote_order(request: Request, basket: QuoteRequest) -> QuoteResponse:
    """Places nothing and holds nothing: what these items would cost now, or why they cannot be ordered."""
    return QuoteResponse.of(await execute(request, basket.to_query()))
