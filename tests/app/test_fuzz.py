"""Requests made up from the OpenAPI document: whatever comes, the answer is one that the document knows."""

from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import checks

from app.bootstrap import build_service
from app.main import create_app
from app.settings import Settings
from tests.app.serving import STAFF, Pizzeria, serving

STREAMS = ["streamOrder", "streamKitchen"]

api = schemathesis.openapi.from_dict(create_app(build_service(Settings())).openapi()).exclude(operation_id=STREAMS)


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pizzeria]:
    """One of its own: among what is made up are menus."""
    # A menu of more entries than are allowed is to be refused for that, not for its size.
    with serving(tmp_path_factory.mktemp("victim"), max_body_bytes=1_048_576) as running:
        yield running


@api.parametrize()
@hypothesis.settings(max_examples=15, deadline=None, derandomize=True)
def test_every_operation_keeps_to_its_document(case: schemathesis.Case[Any], victim: Pizzeria) -> None:
    # A document cannot say all that the domain asks for, so a refusal of what fits the document is no fault.
    case.call_and_validate(base_url=victim.url, headers=STAFF, excluded_checks=[checks.positive_data_acceptance])
