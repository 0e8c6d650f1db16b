"""The menu and the kitchen, as clients see and replace them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.models.base import (
    ONE_LINE,
    Amount,
    MenuId,
    OrderId,
    QueryModel,
    RequestModel,
    ResponseModel,
    ShortText,
    example,
)
from application.commands.replace_menu import ReplaceMenuCommand
from domain.kitchen import TicketStatus
from domain.menu import MAX_ENTRIES, Menu, Pizza, Topping

Price = Annotated[int, Field(ge=1, le=10_000_000, description="In minor units of the currency: 1325 is 13.25.")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="ISO 4217")]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=ONE_LINE)]

MENU_EXAMPLE: dict[str, Any] = {
    "currency": "USD",
    "pizzas": [
        {
            "id": "margherita",
            "name": "Margherita",
            "description": "Tomato, mozzarella, basil",
            "prices": {"small": 1099, "medium": 1399, "large": 1699},
        }
    ],
    "toppings": [{"id": "olives", "name": "Olives", "price": 120}],
}


class PizzaRequest(RequestModel):
    model_config = example(MENU_EXAMPLE["pizzas"][0])

    id: MenuId
    name: ShortText
    description: Description = ""
    prices: dict[MenuId, Price] = Field(min_length=1, max_length=20, description="The price of each size.")


class ToppingRequest(RequestModel):
    model_config = example(MENU_EXAMPLE["toppings"][0])

    id: MenuId
    name: ShortText
    price: Annotated[int, Field(ge=0, le=10_000_000, description="For one pizza of any size, in minor units.")]


class MenuRequest(RequestModel):
    """The whole menu. Orders keep the prices that they were placed at."""

    model_config = example(MENU_EXAMPLE)

    currency: Currency
    pizzas: list[PizzaRequest] = Field(min_length=1, max_length=MAX_ENTRIES)
    toppings: list[ToppingRequest] = Field([], max_length=MAX_ENTRIES)

    def to_command(self, expected_version: int | None) -> ReplaceMenuCommand:
        return ReplaceMenuCommand(
            currency=self.currency,
            pizzas=tuple(
                Pizza(id=pizza.id, name=pizza.name, description=pizza.description, prices=pizza.prices)
                for pizza in self.pizzas
            ),
            toppings=tuple(Topping(id=topping.id, name=topping.name, price=topping.price) for topping in self.toppings),
            expected_version=expected_version,
        )


class PizzaResponse(ResponseModel):
    id: str
    name: str
    description: str
    prices: dict[str, Amount] = Field(description="The price of each size.")


class ToppingResponse(ResponseModel):
    id: str
    name: str
    price: Amount = Field(description="For one pizza of any size, in minor units.")


class MenuResponse(ResponseModel):
    model_config = example({"version": 1, **MENU_EXAMPLE})

    version: int = Field(description="Rises with every change. In quotes it is the ETag.")
    currency: str
    pizzas: list[PizzaResponse]
    toppings: list[ToppingResponse]

    @classmethod
    def of(cls, menu: Menu) -> "MenuResponse":
        return cls(
            version=menu.version,
            currency=menu.state.currency,
            pizzas=[PizzaResponse.model_validate(pizza) for pizza in menu.state.pizzas.values()],
            toppings=[ToppingResponse.model_validate(topping) for topping in menu.state.toppings.values()],
        )


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
