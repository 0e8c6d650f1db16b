"""docs/add-a-reaction.md does what it says: its code, put into one new file, reacts in a running service."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import application.events
from app.bootstrap import running
from app.settings import load_settings
from application.commands.place_order import BasketItem, PlaceOrderCommand
from domain.order_lifecycle import FulfilmentType
from domain.order_state import Customer, Fulfilment
from tests.waiting import eventually

GUIDE = (Path(__file__).parents[2] / "docs/add-a-reaction.md").read_text()


@pytest.fixture
def new_file(tmp_path: Path) -> Iterator[None]:
    """The guide's file, where the package `application.events` looks for its modules."""
    found = re.search(r"`application/events/(\w+)\.py`:\n\n```python\n(.*?)```", GUIDE, re.DOTALL)
    assert found
    name, code = found.groups()
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / f"{name}.py").write_text(code)
    application.events.__path__.append(str(folder))
    importlib.invalidate_caches()
    yield
    application.events.__path__.remove(str(folder))
    sys.modules.pop(f"application.events.{name}", None)


@pytest.mark.usefixtures("new_file")
async def test_the_guides_one_file_warns_of_a_crowd_and_of_nothing_less(tmp_path: Path) -> None:
    with capture_logs() as log:
        async with running(load_settings(database_url=f"sqlite:///{tmp_path}/pizzeria.db")) as service:
            for pizzas in (19, 20):
                await service.mediator.execute(an_order_of(pizzas))
            lane = service.dispatcher.lanes["CrowdWarningHandler"]
            await eventually(lambda: service.dispatcher.idle and lane.idle)

    warnings = [line for line in log if line["event"] == "order_for_a_crowd"]
    assert [(line["log_level"], line["pizzas"]) for line in warnings] == [("warning", 20)]


def an_order_of(pizzas: int) -> PlaceOrderCommand:
    return PlaceOrderCommand(
        customer=Customer(name="Anna", phone="+39081123456"),
        fulfilment=Fulfilment(type=FulfilmentType.PICKUP),
        items=(BasketItem(pizza="margherita", size="large", quantity=pizzas),),
    )
