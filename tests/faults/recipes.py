"""What the pizzas of the fault suite take."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

Parts = Mapping[str, Mapping[str, int]]
#: Both take dough, so that all orders want the same; what one takes by size, and what its toppings do.
SIZES: Mapping[str, Parts] = {
    "margherita": {"small": {"dough": 1, "mozzarella": 1}, "large": {"dough": 2, "mozzarella": 3}},
    "diavola": {"small": {"dough": 1, "salami": 4}, "large": {"dough": 2, "salami": 7}},
}
TOPPINGS: Mapping[str, Parts] = {"margherita": {"olives": {"olives": 5}}, "diavola": {}}
INGREDIENTS = ("dough", "mozzarella", "salami", "olives")


def needs(items: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """What an order of these lines takes, by ingredient."""
    total: Counter[str] = Counter()
    for item in items:
        pizza, quantity = item["pizza"], item["quantity"]
        for amounts in (
            SIZES.get(pizza, {}).get(item["size"], {}),
            *(TOPPINGS.get(pizza, {}).get(topping, {}) for topping in item["extra_toppings"]),
        ):
            total.update({ingredient: amount * quantity for ingredient, amount in amounts.items()})
    return total
