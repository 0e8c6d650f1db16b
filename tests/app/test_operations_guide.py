"""docs/operations.md and docs/alerts.yml name nothing that does not exist, and leave no metric and no reason out."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pydantic import BaseModel

from app.errors import PROBLEM_TYPES
from app.models.operations import BacklogHealth, StoreHealth
from application.dispatch.relay import Backlog
from application.dispatch.track_record import Trouble
from application.health import HandlerHealth, Health
from tests.container.settings import known_settings

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs/operations.md").read_text()
ALERTS: dict[str, Any] = yaml.safe_load((ROOT / "docs/alerts.yml").read_text())
EXPRESSIONS = [rule["expr"] for group in ALERTS["groups"] for rule in group["rules"]]
ALL_IS_WRONG = Health(
    store_error="away",
    clock_skew=-3600.0,
    backlog=Backlog(dead_letters=1),
    oldest=301.0,
    in_time=False,
    handlers={"H": HandlerHealth(paused=True, trouble=Trouble("Unavailable", 503), waiting=2)},
    leases_lost=1,
)
HISTOGRAM_PARTS = ("bucket", "count", "sum")
#: Words in the guide that are labels, or their values.
LABELS = {"handler", "lane", "reason", "method", "route", "status", "request", "outcome", "operation"} | {
    "fulfilment", "source", "target", "currency", "pizza", "size", "stage", "delivery", "pickup", "ingredient"
}  # fmt: skip


@pytest.fixture
async def exposed(anybody: httpx.AsyncClient) -> dict[str, str]:
    """The types of the metrics that a service tells, by their names."""
    return dict(re.findall(r"^# TYPE (pizzeria_\w+) (\w+)$", (await anybody.get("/metrics")).text, re.MULTILINE))


def test_every_metric_of_the_guide_and_of_the_alerts_exists_and_none_is_left_out(exposed: dict[str, str]) -> None:
    counts = {f"{name}_count" for name, kind in exposed.items() if kind == "histogram"}
    named = set(re.findall(r"pizzeria_\w+", GUIDE))
    assert named - counts == set(exposed)
    assert set(re.findall(r"pizzeria_\w+", "".join(EXPRESSIONS))) <= exposed.keys()


def test_the_dashboard_shows_only_metrics_that_exist(exposed: dict[str, str]) -> None:
    dashboard = json.loads((ROOT / "docs/grafana.json").read_text())
    shown = {name for panel in dashboard["panels"] for query in panel.get("targets", ()) for name in _names(query)}
    parts = {f"{name}_{part}" for name, kind in exposed.items() if kind == "histogram" for part in HISTOGRAM_PARTS}

    assert len(shown) > 15
    assert shown <= exposed.keys() | parts


def _names(query: dict[str, str]) -> list[str]:
    return re.findall(r"pizzeria_\w+", query["expr"])


def test_the_guide_has_a_row_for_every_reason_with_an_alert_that_the_rules_have() -> None:
    section = GUIDE.split("## What is wrong")[1].split("Errors in")[0]
    rows = [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in section.splitlines() if line.startswith("| `")]
    assert {row[0].strip("`") for row in rows[1:]} == set(ALL_IS_WRONG.reasons)
    assert {row[2].strip("`") for row in rows[1:]} <= set(EXPRESSIONS)
    assert [row[0] for row in rows[:1]] == ["`reasons`"]


def test_every_word_of_the_guide_is_a_reason_a_line_of_the_log_or_a_code() -> None:
    source = "".join(path.read_text() for part in ("app", "application", "infrastructure") for path in _code(part))
    logged = set(re.findall(r'log\.\w+\(\s*"(\w+)"', source))
    messages = [ROOT / "application/notifier.py", *_code("infrastructure/notifications")]
    told = set(re.findall(r'"([a-z]+(?:_[a-z]+)+)"', "".join(path.read_text() for path in messages)))
    known = logged | told | set(ALL_IS_WRONG.reasons) | PROBLEM_TYPES.keys() | LABELS
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", GUIDE)) - set(re.findall(r"pizzeria_\w+", GUIDE))
    assert {word for word in named if not word.startswith(("process_", "python_"))} <= known
    assert {"handler_failed", "dead_letter", "lease_lost"} <= named & logged


def test_every_field_and_setting_of_the_guide_exists() -> None:
    parts: dict[str, type[BaseModel]] = {"backlog": BacklogHealth, "store": StoreHealth}
    fields = {f"{part}.{info.alias}" for part, model in parts.items() for info in model.model_fields.values()}
    assert set(re.findall(r"`((?:backlog|store)\.\w+)`", GUIDE)) <= fields
    assert set(re.findall(r"PIZZERIA_[A-Z_]+", GUIDE)) <= known_settings()


def test_only_an_unavailable_store_makes_it_unready() -> None:
    assert ALL_IS_WRONG.status == "unready"
    assert {"store_unavailable"} == {reason for reason in ALL_IS_WRONG.reasons if reason.startswith("store")}


def _code(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))
