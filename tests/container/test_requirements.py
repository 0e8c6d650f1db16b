"""The pinned requirements: complete, hashed, and tied to no registry."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<rest>.*(?:\n    .*)*)", re.M)


def pins(file: str) -> dict[str, str]:
    return {pin["name"]: pin["version"] for pin in PIN.finditer((ROOT / file).read_text())}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower().replace("_", "-") for requirement in requirements}


def test_everything_that_the_project_asks_for_is_pinned() -> None:
    assert names(PROJECT["dependencies"]) <= set(pins("requirements.txt"))
    assert names(PROJECT["optional-dependencies"]["dev"]) <= set(pins("requirements-dev.txt"))


def test_developers_run_the_versions_that_users_run() -> None:
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_its_hashes_and_names_no_place_to_get_it_from(file: str) -> None:
    text = (ROOT / file).read_text()

    assert [pin["name"] for pin in PIN.finditer(text) if "--hash=sha256:" not in pin["rest"]] == []
    assert re.findall(r"^(?!#|    |[a-z0-9-]+==).+", text, re.M) == []
    assert "://" not in text
