"""Logs tell what went wrong, and no secret that happened to be near."""

import json
import subprocess
import sys

import pytest

SCRIPT = """
import structlog, logging
from app.logs import configure_logs
from app.request_id import take_request_id

configure_logs("{format}", "info")
take_request_id(b"till-7")

def fail(api_key):
    raise RuntimeError("the oven is cold")

try:
    fail("hunter" + "2")
except RuntimeError:
    structlog.get_logger().exception("baking_failed", pizzas=3)
structlog.get_logger().debug("too_quiet")
logging.getLogger("some.library").error("it says %s", "this")
logging.getLogger("some.library").info("chatter")
"""


def _log(log_format: str) -> str:
    script = SCRIPT.replace("{format}", log_format)
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stderr  # noqa: S603


@pytest.mark.parametrize("log_format", ["console", "json", "auto"])
def test_a_failure_is_told_whole_but_without_the_values_near_it(log_format: str) -> None:
    text = _log(log_format)

    assert "the oven is cold" in text
    assert "in fail" in text or '"name": "fail"' in text
    assert "hunter2" not in text


def test_every_line_is_json_with_level_time_and_request() -> None:
    entries = [json.loads(line) for line in _log("json").splitlines()]

    assert [entry["event"] for entry in entries] == ["baking_failed", "it says this"]
    for entry in entries:
        assert entry["level"] == "error"
        assert entry["timestamp"].endswith("Z")
        assert entry["request_id"] == "till-7"
    assert entries[0]["pizzas"] == 3
