"""The OpenAPI document is complete, and the pages that show it need no other server."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.docs import STATIC
from tests.app.orders import moved, placed

OPERATION_IDS = {
    "placeOrder", "listOrders", "getOrder", "listOrderEvents", "streamOrder", "confirmOrder", "cookOrder",
    "markOrderReady", "dispatchOrder", "deliverOrder", "collectOrder", "cancelOrder", "getMenu", "replaceMenu",
    "receivePayment", "listPayments", "takeEvents", "listDriverPositions",
    "addPizza", "changePizza", "retirePizza", "addTopping", "changeTopping", "retireTopping", "quoteOrder",
    "getIngredient", "putIngredient", "getStock", "adjustStock", "listStockMovements", "getRecipe", "writeRecipe",
    "removeRecipe",
    "getKitchen", "listTickets", "streamKitchen", "listDeadLetters", "redriveDeadLetter", "discardDeadLetter",
    "registerDriver", "listDrivers", "getDriver", "changeDriver", "startTour", "assignDriver", "unassignDriver",
    "checkLiveness", "checkReadiness", "getMetrics", "getEventSchema", "getOverview", "getSeries", "getPizzaSales",
    "getSizeSales", "getWeeklyHours", "getKitchenTimes", "getCustomerSums", "getDriverSums",
    "readAuditTrail",
    "listNotifications", "listOrderNotifications",
    "findCustomer", "getCustomer", "editCustomer", "eraseCustomer", "listCustomerOrders", "getCustomerPoints",
    "exportCustomer",
}  # fmt: skip


@pytest.fixture
async def document(anybody: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await anybody.get("/openapi.json")).json()
    return found


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


async def test_operation_ids_are_stable(document: dict[str, Any]) -> None:
    assert {operation["operationId"] for _, _, operation in _operations(document)} == OPERATION_IDS


async def test_every_operation_explains_itself(document: dict[str, Any]) -> None:
    for method, path, operation in _operations(document):
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        assert operation["tags"], (method, path)


async def test_every_error_is_a_problem_with_an_example(document: dict[str, Any]) -> None:
    for method, path, operation in _operations(document):
        errors = {int(status): response for status, response in operation["responses"].items() if int(status) >= 400}
        assert 500 in errors, (method, path)
        for status, response in errors.items():
            if path == "/health/ready" and status == 503:
                continue
            problem = response["content"]["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/Problem"}
            assert {example["value"]["status"] for example in problem["examples"].values()} == {status}


async def test_every_guarded_operation_says_who_may_and_what_else_happens(document: dict[str, Any]) -> None:
    for method, path, operation in _operations(document):
        responses = operation["responses"]
        assert ("401" in responses) == ("403" in responses) == ("security" in operation), (method, path)
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= responses.keys(), (method, path)
        if path.startswith("/api/"):
            assert "store_unavailable" in str(responses["503"]), (method, path)


async def test_every_body_has_examples(document: dict[str, Any]) -> None:
    for method, path, operation in _operations(document):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [response for status, response in operation["responses"].items() if status in ("200", "201")]
        for body in bodies:
            for content in body["content"].values():
                assert _has_example(document, content), (method, path)


def _has_example(document: dict[str, Any], content: dict[str, Any]) -> bool:
    if "example" in content or "examples" in content:
        return True
    for schema in [content["schema"], *content["schema"].get("anyOf", [])]:
        name = schema.get("$ref", "").rpartition("/")[2]
        if name and document["components"]["schemas"][name].get("examples"):
            return True
    return False


async def test_every_documented_move_error_is_one_that_is_given(
    document: dict[str, Any], staff: httpx.AsyncClient
) -> None:
    order = await placed(staff)
    await moved(staff, order["id"], "cancel")
    for _, path, operation in _operations(document):
        if operation["operationId"] in ("confirmOrder", "cookOrder", "markOrderReady", "dispatchOrder", "cancelOrder"):
            response = await staff.post(path.replace("{order_id}", order["id"]))
            examples = operation["responses"][str(response.status_code)]["content"]["application/problem+json"]
            assert response.json()["code"] in examples["examples"]


async def test_the_examples_of_orders_can_be_placed(document: dict[str, Any], anybody: httpx.AsyncClient) -> None:
    examples = document["components"]["schemas"]["PlaceOrderRequest"]["examples"]

    assert len(examples) >= 2
    for example in examples:
        assert (await anybody.post("/api/orders", json=example)).status_code == 201


async def test_both_ways_in_are_documented(document: dict[str, Any]) -> None:
    schemes = document["components"]["securitySchemes"]
    cancel = document["paths"]["/api/orders/{order_id}/cancel"]["post"]

    assert {scheme["name"] for scheme in schemes.values()} == {"X-API-Key", "X-Order-Token"}
    assert cancel["security"] == [{"orderToken": []}, {"staffKey": []}]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_a_page_asks_for_its_own_files_only(anybody: httpx.AsyncClient, page: str) -> None:
    response = await anybody.get(page)
    policy = response.headers["content-security-policy"]
    wanted = re.findall(r'(?:src|href)="([^"]+)"', response.text)

    assert "default-src 'self'" in policy
    assert "http:" not in policy
    assert "https:" not in policy
    assert len(wanted) >= 4
    for address in wanted:
        assert not address.startswith(("http", "//")), address
        assert (await anybody.get(f"/{address}")).status_code == 200, address


@pytest.mark.parametrize("name", ["redoc.standalone.js", "swagger-ui-bundle.js", "swagger-ui.css"])
def test_a_vendored_file_loads_nothing_by_itself(name: str) -> None:
    text = (STATIC / "vendor" / name).read_text()

    assert "cdn.redoc.ly" not in text
    assert "fonts.googleapis" not in text
    assert not re.search(r"@import|url\(['\"]?https?:", text)
    assert "sourceMappingURL=" not in text.rsplit("\n", 2)[-1]


def test_each_vendored_library_comes_with_its_licence() -> None:
    vendored = {path.name for path in Path(STATIC / "vendor").iterdir()}
    assert {"swagger-ui.LICENSE.txt", "redoc.LICENSE.txt"} <= vendored


async def test_the_start_page_leads_to_the_documentation(anybody: httpx.AsyncClient) -> None:
    response = await anybody.get("/", follow_redirects=True)
    assert response.url.path == "/docs"


async def test_the_schema_of_a_published_event_is_served(anybody: httpx.AsyncClient) -> None:
    response = await anybody.get("/schemas/events/com.mariopizzeria.order.confirmed.v1")

    assert response.status_code == 200
    assert response.headers["content-type"] == "application/schema+json"
    assert {"orderId", "totalAmount", "pizzaCount"} <= response.json()["properties"].keys()
