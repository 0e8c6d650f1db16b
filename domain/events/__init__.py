"""Everything that can happen here, in the past tense: one module per kind of aggregate.

Amounts are integer minor units of the order's currency; times carry UTC.
"""

from domain.events.base import DomainEvent
from domain.events.inventory import (
    IngredientAddedEvent,
    IngredientBackInStockEvent,
    IngredientChangedEvent,
    IngredientEvent,
    IngredientSoldOutEvent,
    RecipeBookEvent,
    RecipeChangedEvent,
    RecipeRemovedEvent,
    StockRunningLowEvent,
)
from domain.events.menu import (
    MenuEvent,
    MenuReplacedEvent,
    PizzaAddedToMenuEvent,
    PizzaChangedEvent,
    PizzaRetiredEvent,
    ToppingAddedToMenuEvent,
    ToppingChangedEvent,
    ToppingRetiredEvent,
)
from domain.events.order import (
    CookingStartedEvent,
    KitchenPlaceWithdrawnEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderDeliveredEvent,
    OrderedItem,
    OrderEvent,
    OrderPlacedEvent,
    OrderReadyEvent,
    OrderShippedEvent,
)

__all__ = [
    "CookingStartedEvent",
    "DomainEvent",
    "IngredientAddedEvent",
    "IngredientBackInStockEvent",
    "IngredientChangedEvent",
    "IngredientEvent",
    "IngredientSoldOutEvent",
    "KitchenPlaceWithdrawnEvent",
    "MenuEvent",
    "MenuReplacedEvent",
    "OrderCancelledEvent",
    "OrderCollectedEvent",
    "OrderConfirmedEvent",
    "OrderDeliveredEvent",
    "OrderEvent",
    "OrderPlacedEvent",
    "OrderReadyEvent",
    "OrderShippedEvent",
    "OrderedItem",
    "PizzaAddedToMenuEvent",
    "PizzaChangedEvent",
    "PizzaRetiredEvent",
    "RecipeBookEvent",
    "RecipeChangedEvent",
    "RecipeRemovedEvent",
    "StockRunningLowEvent",
    "ToppingAddedToMenuEvent",
    "ToppingChangedEvent",
    "ToppingRetiredEvent",
]
