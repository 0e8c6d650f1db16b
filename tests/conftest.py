"""What tests of every kind share."""

import pytest

from tests.contract.servers import mongo_url


@pytest.fixture(scope="session")
def mongo_server() -> str:
    """The URL of a MongoDB-compatible server; whoever uses it makes a database of his own, and drops it."""
    return mongo_url()
