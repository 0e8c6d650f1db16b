"""Fills the stock room of a service under measurement: every order reserves what it needs, and none sells out."""

import http.client
import json
from collections.abc import Mapping
from typing import Any

from benchmarks.processes import BenchmarkError
from benchmarks.service import API_KEY, Service

PLENTY = 1_000_000
INGREDIENTS = ("dough", "mozzarella", "salami", "olives", "mushrooms")
#: What the pizzas of `benchmarks.orders` take.
RECIPES: Mapping[str, Any] = {
    "margherita": {
        "sizes": {"large": {"dough": 2, "mozzarella": 3}},
        "toppings": {"olives": {"olives": 5}, "mushrooms": {"mushrooms": 4}},
    },
    "diavola": {"sizes": {"small": {"dough": 1, "salami": 4}}, "toppings": {}},
}


def fill_larder(service: Service) -> None:
    """Raises `BenchmarkError` where the service refuses something."""
    for name in INGREDIENTS:
        _ask(service, "PUT", f"/api/ingredients/{name}", {"name": name, "unit": "piece"})
        delivery = {"ingredient": name, "kind": "delivery", "amount": PLENTY}
        _ask(service, "POST", "/api/stock/movements", delivery)
    for pizza, recipe in RECIPES.items():
        _ask(service, "PUT", f"/api/recipes/{pizza}", recipe)


def _ask(service: Service, method: str, path: str, content: object) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
    try:
        headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
        connection.request(method, path, json.dumps(content), headers)
        response = connection.getresponse()
        if response.status >= 300:
            raise BenchmarkError(f"{method} {path}: {response.status} {response.read()!r}")
    finally:
        connection.close()
