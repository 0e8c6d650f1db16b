"""What the service is measured against: stock FastAPI with the same models, orders kept in a dict.

`python -m benchmarks.bare PORT [MONGO_URL]`; with a URL, orders are kept there, one insert or `find_one` a request.
"""

import secrets
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import ConfigDict

from app.models.order_requests import (
    AddressRequest,
    CustomerRequest,
    FulfilmentRequest,
    OrderItemRequest,
    PlaceOrderRequest,
)
from app.models.order_responses import OrderResponse, PlacedOrderResponse
from domain.menu import MenuState, marios_menu

#: More would slow the garbage collector down, round after round, and flatter us.
KEPT = 10_000

# Stock FastAPI validates what `json.loads` returned, where strict models know neither enums nor tuples.


class BareCustomer(CustomerRequest):
    model_config = ConfigDict(strict=False)


class BareAddress(AddressRequest):
    model_config = ConfigDict(strict=False)


class BareFulfilment(FulfilmentRequest):
    model_config = ConfigDict(strict=False)
    address: BareAddress | None = None


class BareItem(OrderItemRequest):
    model_config = ConfigDict(strict=False)


class BareOrder(PlaceOrderRequest):
    model_config = ConfigDict(strict=False)
    customer: BareCustomer
    fulfilment: BareFulfilment
    items: list[BareItem]  # type: ignore[assignment]


def bare_app(mongo_url: str | None = None) -> FastAPI:
    app = FastAPI()
    menu = marios_menu().state
    if mongo_url is None:
        _keep_in_dict(app, menu)
    else:
        _keep_in_mongo(app, menu, mongo_url)
    return app


def _keep_in_dict(app: FastAPI, menu: MenuState) -> None:
    orders: dict[str, PlacedOrderResponse] = {}

    @app.post("/api/orders", status_code=201, response_model=PlacedOrderResponse)
    async def place_order(order: BareOrder) -> Any:
        placed = _place(order, menu)
        if len(orders) >= KEPT:
            orders.clear()
        orders[placed.id] = placed
        return placed

    @app.get("/api/orders/{order_id}", response_model=OrderResponse)
    async def get_order(order_id: str) -> Any:
        if order_id not in orders:
            raise HTTPException(404)
        return orders[order_id]


def _keep_in_mongo(app: FastAPI, menu: MenuState, mongo_url: str) -> None:
    from motor.motor_asyncio import AsyncIOMotorClient  # noqa: PLC0415 - its import is slow, and one variant's alone

    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo_url, tz_aware=True)
    orders = client.get_default_database()["bare_orders"]

    @app.post("/api/orders", status_code=201, response_model=PlacedOrderResponse)
    async def place_order(order: BareOrder) -> Any:
        placed = _place(order, menu)
        await orders.insert_one({"_id": placed.id, **placed.model_dump(mode="json", exclude={"id", "token"})})
        return placed

    @app.get("/api/orders/{order_id}", response_model=OrderResponse)
    async def get_order(order_id: str) -> Any:
        document = await orders.find_one({"_id": order_id})
        if document is None:
            raise HTTPException(404)
        document["id"] = document.pop("_id")
        return document


def _place(order: PlaceOrderRequest, menu: MenuState) -> PlacedOrderResponse:
    lines = [_line(item, menu) for item in order.items]
    total = sum(line["line_total"] for line in lines)
    return PlacedOrderResponse.model_validate(
        {
            **dict.fromkeys(OrderResponse.model_fields),
            "id": str(uuid.uuid4()),
            "version": 1,
            "status": "pending",
            "open_moves": ["confirm", "cancel"],
            "customer": order.customer,
            "fulfilment": order.fulfilment,
            "items": lines,
            "notes": order.notes,
            "currency": menu.currency,
            "total_amount": total,
            "paid": 0,
            "due": total,
            "overpaid": 0,
            "discount": 0,
            "points_redeemed": 0,
            "pizza_count": sum(item.quantity for item in order.items),
            "placed_at": datetime.now(UTC),
            "token": secrets.token_urlsafe(32),
        }
    )


def _line(item: OrderItemRequest, menu: MenuState) -> dict[str, Any]:
    unit_price = menu.pizzas[item.pizza].prices[item.size] + sum(
        menu.toppings[topping].price for topping in item.extra_toppings
    )
    return {
        "pizza": item.pizza,
        "size": item.size,
        "quantity": item.quantity,
        "extra_toppings": list(item.extra_toppings),
        "unit_price": unit_price,
        "line_total": unit_price * item.quantity,
    }


if __name__ == "__main__":
    uvicorn.run(
        bare_app(*sys.argv[2:]),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        ws="none",
        server_header=False,
        access_log=False,
        log_level="warning",
    )
