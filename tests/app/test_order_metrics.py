"""The business on /metrics: every change counts once, whoever repeats it."""

import re
from pathlib import Path

from tests.app.orders import DELIVERY, a_request, moved, placed
from tests.app.serving import Pizzeria, serving


async def test_orders_pizzas_and_moves_are_counted_once(tmp_path: Path) -> None:
    with serving(tmp_path) as pizzeria:
        async with pizzeria.staff() as staff:
            order = await placed(staff)
            await moved(staff, order["id"], "confirm", "cook", "ready")
            await placed(staff, fulfilment=DELIVERY)
            for _ in range(3):
                await staff.post("/api/orders", json=a_request(), headers={"Idempotency-Key": "the-same"})
            await staff.post(f"/api/orders/{order['id']}/confirm")  # refused

        figures = await figures_of(pizzeria)

    placed_in_all = sum(value for name, value in figures.items() if name.startswith("pizzeria_orders_placed_total"))
    assert placed_in_all == 3
    assert figures['pizzeria_orders_placed_total{fulfilment="delivery"}'] >= 1
    assert figures['pizzeria_pizzas_ordered_total{pizza="margherita",size="large"}'] == 3 * 2
    assert figures['pizzeria_order_amount_minor_units_sum{currency="USD"}'] == 3 * order["totalAmount"]
    assert {name: value for name, value in figures.items() if name.startswith("pizzeria_order_moves_total")} == {
        'pizzeria_order_moves_total{source="pending",target="confirmed"}': 1,
        'pizzeria_order_moves_total{source="confirmed",target="cooking"}': 1,
        'pizzeria_order_moves_total{source="cooking",target="ready"}': 1,
    }
    assert figures['pizzeria_order_status_duration_seconds_count{status="cooking"}'] == 1


async def figures_of(pizzeria: Pizzeria) -> dict[str, float]:
    async with pizzeria.anybody() as anybody:
        text = (await anybody.get("/metrics")).text
    return {name: float(value) for name, value in re.findall(r"^(pizzeria_\S+) (\S+)$", text, re.MULTILINE)}
