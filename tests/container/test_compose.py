"""docker-compose.yml: well-formed, and of one mind with the service."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import load_settings
from tests.container.settings import known_settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_compose_runs_the_service_its_store_and_a_sink(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"pizzeria", "mongo", "sink"}
    assert all("image" in service for service in compose["services"].values())


def test_every_setting_in_compose_is_one_that_the_service_takes(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = compose["services"]["pizzeria"]["environment"]
    for name, value in environment.items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value))

    settings = load_settings()

    assert set(environment) <= known_settings()
    assert settings.database_url.startswith("mongodb://mongo:")
    assert settings.cloudevents_sink == "http://sink:8080/"


def test_the_service_waits_for_a_store_that_takes_writes(compose: dict[str, Any]) -> None:
    pizzeria, mongo = compose["services"]["pizzeria"], compose["services"]["mongo"]

    assert pizzeria["depends_on"]["mongo"]["condition"] == "service_healthy"
    assert "isWritablePrimary" in mongo["healthcheck"]["test"][-1]


def test_the_replica_set_that_is_made_is_the_one_that_is_asked_for(compose: dict[str, Any]) -> None:
    mongo = compose["services"]["mongo"]
    name = mongo["command"][mongo["command"].index("--replSet") + 1]

    assert f'_id: "{name}"' in mongo["healthcheck"]["test"][-1]
    assert compose["services"]["pizzeria"]["environment"]["PIZZERIA_DATABASE_URL"].endswith(f"replicaSet={name}")


def test_everything_that_a_service_refers_to_is_there(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(compose["volumes"] or {})


def test_the_sink_listens_where_the_service_sends(compose: dict[str, Any]) -> None:
    sink = compose["services"]["sink"]
    port = sink["command"][sink["command"].index("--port") + 1]

    assert compose["services"]["pizzeria"]["environment"]["PIZZERIA_CLOUDEVENTS_SINK"] == f"http://sink:{port}/"
    assert (ROOT / sink["entrypoint"][-1]).is_file()
