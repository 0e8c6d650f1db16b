"""Events for the tests: one of each kind, and many of one order."""

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.events import (
    CookingStartedEvent,
    CustomerChangedEvent,
    CustomerErasedEvent,
    CustomerErasureFinishedEvent,
    CustomerRegisteredEvent,
    DomainEvent,
    DriverChangedEvent,
    DriverRegisteredEvent,
    IngredientAddedEvent,
    IngredientBackInStockEvent,
    IngredientChangedEvent,
    IngredientSoldOutEvent,
    KitchenPlaceWithdrawnEvent,
    MenuReplacedEvent,
    OrderAssignedEvent,
    OrderCancelledEvent,
    OrderCollectedEvent,
    OrderConfirmedEvent,
    OrderCustomerErasedEvent,
    OrderDeliveredEvent,
    OrderedItem,
    OrderPlacedEvent,
    OrderRanLateEvent,
    OrderReadyEvent,
    OrderShippedEvent,
    OrderUnassignedEvent,
    PaymentReceivedEvent,
    PizzaAddedToMenuEvent,
    PizzaChangedEvent,
    PizzaRetiredEvent,
    PointsGivenBackEvent,
    PointsRedeemedEvent,
    RecipeChangedEvent,
    RecipeRemovedEvent,
    RefundRequestedEvent,
    StockRunningLowEvent,
    StopCompletedEvent,
    StopDroppedEvent,
    ToppingAddedToMenuEvent,
    ToppingChangedEvent,
    ToppingRetiredEvent,
    TourEndedEvent,
    TourStartedEvent,
)
from domain.identity import new_event_id, new_order_id

NOON = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)
ITEMS = (
    OrderedItem(pizza="margherita", size="large", quantity=2, extra_toppings=("olives", "chilli"), line_total=3798),
    OrderedItem(pizza="diavola", size="small", quantity=1, extra_toppings=(), line_total=1349),
)


def confirmed(order_id: str | None = None, version: int = 2) -> OrderConfirmedEvent:
    return OrderConfirmedEvent(
        event_id=new_event_id(),
        occurred_at=NOON,
        aggregate_id=order_id or new_order_id(NOON),
        aggregate_version=version,
        confirmed_time=NOON,
        total_amount=5147,
        currency="USD",
        pizza_count=3,
        items=ITEMS,
        fulfilment="delivery",
        notes="No nuts: Zoë is allergic",
        estimated_ready_time=NOON + timedelta(minutes=12),
    )


def confirmed_in_a_row(count: int) -> list[DomainEvent]:
    """Events of one order, in order."""
    order_id = new_order_id(NOON)
    return [confirmed(order_id, version) for version in range(1, count + 1)]


def one_of_each() -> list[DomainEvent]:
    order_id = new_order_id(NOON)

    def common(version: int) -> dict[str, Any]:
        return {
            "event_id": new_event_id(),
            "occurred_at": NOON + timedelta(minutes=version),
            "aggregate_id": order_id,
            "aggregate_version": version,
        }

    placed = OrderPlacedEvent(
        **common(1),
        placed_time=NOON,
        customer_name='Zoë "Zo" O\'Hara',
        customer_phone="+1 555 0100",
        customer_email="zoe@example.org",
        fulfilment="delivery",
        delivery_address="1 Main Street, 12345 Springfield",
        items=ITEMS,
        notes="Ring twice",
        total_amount=5147,
        currency="USD",
        pizza_count=3,
    )
    staff: dict[str, Any] = {"user_id": "staff-1", "user_name": "Übermut, der 🍕 100%"}
    return [
        placed,
        confirmed(order_id),
        CookingStartedEvent(**common(3), **staff, cooking_started_time=NOON, estimated_ready_time=None),
        OrderReadyEvent(**common(4), **staff, ready_time=NOON, estimated_ready_time=NOON),
        OrderShippedEvent(**common(5), shipped_time=NOON, tracking_number="T 1%\r\nX: y", carrier="Bike"),
        OrderDeliveredEvent(**common(6), delivered_time=NOON),
        OrderCollectedEvent(**common(7), collected_time=NOON),
        OrderCancelledEvent(**common(8), cancelled_time=NOON, reason="Zoë moved away"),
        KitchenPlaceWithdrawnEvent(**common(9), withdrawn_time=NOON),
        OrderAssignedEvent(**common(10), assigned_time=NOON, driver_id="driver-zoe", driver_name="Zoë"),
        OrderUnassignedEvent(**common(11), unassigned_time=NOON, driver_id="driver-zoe"),
        PaymentReceivedEvent(
            **common(12),
            received_time=NOON,
            payment_id="T-1",
            payment_method="terminal",
            amount=5000,
            currency="USD",
            paid_amount=5000,
            due_amount=147,
        ),
        RefundRequestedEvent(**common(13), requested_time=NOON, amount=5000, currency="USD"),
        OrderRanLateEvent(**common(14), stage="ready", due_time=NOON, seconds_late=301),
        *_of_a_driver(order_id),
    ]


def _of_a_driver(order_id: str) -> list[DomainEvent]:
    def common(version: int) -> dict[str, Any]:
        return {
            "event_id": new_event_id(),
            "occurred_at": NOON + timedelta(minutes=version),
            "aggregate_id": "driver-zoe",
            "aggregate_version": version,
        }

    tour: dict[str, Any] = {"tour_id": "tour-1"}
    stop: dict[str, Any] = {**tour, "order_id": order_id}
    return [
        DriverRegisteredEvent(**common(1), registered_time=NOON, name="Zoë"),
        DriverChangedEvent(**common(2), changed_time=NOON, name='Zoë "Zo" O\'Hara', active=True),
        TourStartedEvent(**common(3), **tour, started_time=NOON, stops=(order_id, "order-2")),
        StopCompletedEvent(**common(4), **stop, completed_time=NOON),
        StopDroppedEvent(**common(5), **stop, dropped_time=NOON, reason="The order was cancelled."),
        TourEndedEvent(**common(6), **tour, started_time=NOON, ended_time=NOON, completed=1, dropped=1),
        OrderCustomerErasedEvent(**common(10), erased_time=NOON),
        CustomerRegisteredEvent(**common(1), registered_time=NOON, first_order_id=order_id),
        CustomerChangedEvent(**common(2), changed_time=NOON, fields=("name", "email"), user_id=None),
        CustomerErasedEvent(**common(3), erased_time=NOON, last_order_id=order_id, user_id="luigi"),
        CustomerErasureFinishedEvent(**common(4), finished_time=NOON, last_order_id=order_id),
        PointsRedeemedEvent(**common(5), redeemed_time=NOON, order_id=order_id, points=30),
        PointsGivenBackEvent(**common(6), given_back_time=NOON, order_id=order_id, points=30),
        *_of_the_menu(),
        *_of_the_stock_room(),
    ]


def _of_the_menu() -> list[DomainEvent]:
    def common(version: int) -> dict[str, Any]:
        return {
            "event_id": new_event_id(),
            "occurred_at": NOON,
            "aggregate_id": "menu",
            "aggregate_version": version,
        }

    pizza: dict[str, Any] = {
        "pizza_id": "calzone",
        "name": "Calzone",
        "description": "Folded",
        "prices": {"large": 1500},
        "available": True,
    }
    topping: dict[str, Any] = {"topping_id": "truffle", "name": "Trüffel", "price": 900, "available": False}
    return [
        PizzaAddedToMenuEvent(**common(1), **pizza),
        PizzaChangedEvent(**common(2), **pizza, old_prices={"large": 1400, "extra-large": 1900}),
        PizzaRetiredEvent(**common(3), pizza_id="calzone", name="Calzone"),
        ToppingAddedToMenuEvent(**common(4), **topping),
        ToppingChangedEvent(**common(5), **topping, old_price=800),
        ToppingRetiredEvent(**common(6), topping_id="truffle", name="Trüffel"),
        MenuReplacedEvent(
            **common(7),
            currency="EUR",
            pizzas_added=("calzone", "marinara"),
            pizzas_changed=(),
            pizzas_retired=("diavola",),
            toppings_added=(),
            toppings_changed=("olives",),
            toppings_retired=(),
        ),
    ]


def _of_the_stock_room() -> list[DomainEvent]:
    def common(version: int, aggregate_id: str = "ingredient-dough") -> dict[str, Any]:
        return {
            "event_id": new_event_id(),
            "occurred_at": NOON,
            "aggregate_id": aggregate_id,
            "aggregate_version": version,
        }

    dough: dict[str, Any] = {"ingredient": "dough", "name": "Teig für Übermorgen"}
    return [
        IngredientAddedEvent(**common(1), **dough, unit="ball", low_mark=5),
        IngredientChangedEvent(**common(2), **dough, unit="ball", low_mark=6),
        StockRunningLowEvent(**common(3), **dough, unit="ball", available=6, low_mark=6),
        IngredientSoldOutEvent(**common(4), **dough),
        IngredientBackInStockEvent(**common(5), **dough, unit="ball", available=20),
        RecipeChangedEvent(
            **common(1, "recipes"),
            pizza_id="calzone",
            sizes={"large": {"dough": 2}},
            toppings={"extra-cheese": {"cheese": 1}},
        ),
        RecipeRemovedEvent(**common(2, "recipes"), pizza_id="calzone"),
    ]
