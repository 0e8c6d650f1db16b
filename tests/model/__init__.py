"""The service against plain models of it: any sequence of steps, checked after every one."""

import pytest

# The checks are no test modules, but they are to say what differs.
pytest.register_assert_rewrite("tests.model.delivery_checks", "tests.model.delivery_machine", "tests.model.replicas")
