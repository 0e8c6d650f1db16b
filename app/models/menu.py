"""The menu, as clients see and change it."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from app.models.base import ONE_LINE, Amount, MenuId, RequestModel, ResponseModel, ShortText, example
from application.commands.change_menu import ReplaceMenuCommand
from domain.menu import MAX_ENTRIES, Menu, Pizza, Topping

Price = Annotated[int, Field(ge=1, le=10_000_000, description="In minor units of the currency: 1325 is 13.25.")]
ToppingPrice = Annotated[int, Field(ge=0, le=10_000_000, description="For one pizza of any size, in minor units.")]
Prices = Annotated[dict[MenuId, Price], Field(min_length=1, max_length=20, description="The price of each size.")]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(description="ISO 4217")]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500, pattern=ONE_LINE)]
Available = Annotated[bool, Field(description="What is not cannot be ordered for now: 409, `not_available`.")]

PIZZA_EXAMPLE: dict[str, Any] = {
    "name": "Margherita",
    "description": "Tomato, mozzarella, basil",
    "prices": {"small": 1099, "medium": 1399, "large": 1699},
    "available": True,
}
TOPPING_EXAMPLE: dict[str, Any] = {"name": "Olives", "price": 120, "available": True}
MENU_EXAMPLE: dict[str, Any] = {
    "currency": "USD",
    "pizzas": [{"id": "margherita", **PIZZA_EXAMPLE}],
    "toppings": [{"id": "olives", **TOPPING_EXAMPLE}],
}


class ChangePizzaRequest(RequestModel):
    """The pizza as it is to be. Orders keep the prices that they were placed at."""

    model_config = example(PIZZA_EXAMPLE)

    name: ShortText
    description: Description = ""
    prices: Prices
    available: Available = True

    def to_pizza(self, pizza_id: str) -> Pizza:
        return Pizza(
            id=pizza_id,
            name=self.name,
            description=self.description,
            prices=self.prices,
            available=self.available,
        )


class PizzaRequest(ChangePizzaRequest):
    model_config = example(MENU_EXAMPLE["pizzas"][0])

    id: MenuId
    sold_out: bool | None = Field(None, description="Ignored, so that a menu can be sent back as it was read.")
    sold_out_sizes: list[MenuId] | None = Field(None, max_length=20, description="Ignored, likewise.")


class ChangeToppingRequest(RequestModel):
    """The topping as it is to be."""

    model_config = example(TOPPING_EXAMPLE)

    name: ShortText
    price: ToppingPrice
    available: Available = True

    def to_topping(self, topping_id: str) -> Topping:
        return Topping(id=topping_id, name=self.name, price=self.price, available=self.available)


class ToppingRequest(ChangeToppingRequest):
    model_config = example(MENU_EXAMPLE["toppings"][0])

    id: MenuId


class MenuRequest(RequestModel):
    """The whole menu. Orders keep the prices that they were placed at."""

    model_config = example(MENU_EXAMPLE)

    currency: Currency
    pizzas: list[PizzaRequest] = Field(min_length=1, max_length=MAX_ENTRIES)
    toppings: list[ToppingRequest] = Field([], max_length=MAX_ENTRIES)

    def to_command(self, expected_version: int | None) -> ReplaceMenuCommand:
        return ReplaceMenuCommand(
            currency=self.currency,
            pizzas=tuple(pizza.to_pizza(pizza.id) for pizza in self.pizzas),
            toppings=tuple(topping.to_topping(topping.id) for topping in self.toppings),
            expected_version=expected_version,
        )


class PizzaResponse(ResponseModel):
    id: str
    name: str
    description: str
    prices: dict[str, Amount] = Field(description="The price of each size.")
    available: Available
    sold_out: bool = Field(description="Whether every size has run out.")
    sold_out_sizes: list[str] = Field(description="The sizes that have run out: 409, `sold_out`.")

    @classmethod
    def of(cls, pizza: Pizza, gone: Sequence[str]) -> "PizzaResponse":
        return cls(
            id=pizza.id,
            name=pizza.name,
            description=pizza.description,
            prices=dict(pizza.prices),
            available=pizza.available,
            sold_out=len(gone) == len(pizza.prices),
            sold_out_sizes=list(gone),
        )


class ToppingResponse(ResponseModel):
    id: str
    name: str
    price: Amount = Field(description="For one pizza of any size, in minor units.")
    available: Available


class MenuResponse(ResponseModel):
    model_config = example(
        {
            "version": 1,
            **MENU_EXAMPLE,
            "pizzas": [{**MENU_EXAMPLE["pizzas"][0], "soldOut": False, "soldOutSizes": ["large"]}],
        }
    )

    version: int = Field(description="Rises with every change. In quotes it is the ETag.")
    currency: str
    pizzas: list[PizzaResponse]
    toppings: list[ToppingResponse]

    @classmethod
    def of(cls, menu: Menu, sold_out: Mapping[str, Sequence[str]]) -> "MenuResponse":
        """`sold_out` are the sizes that have run out, by pizza."""
        return cls(
            version=menu.version,
            currency=menu.state.currency,
            pizzas=[PizzaResponse.of(pizza, sold_out.get(pizza.id, ())) for pizza in menu.state.pizzas.values()],
            toppings=[ToppingResponse.model_validate(topping) for topping in menu.state.toppings.values()],
        )
