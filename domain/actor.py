"""On whose behalf things happen here: events are signed with it, so that the audit trail tells who did what.

`staff:<name>`, `customer` (who shows an order's token), `guest`, `handler:<name>` for a reaction, `import`.
"""

from contextvars import ContextVar

GUEST = "guest"
CUSTOMER = "customer"

_actor: ContextVar[str | None] = ContextVar("actor", default=None)


def current_actor() -> str | None:
    """Who acts in this task; None where nobody has said."""
    return _actor.get()


def act_as(actor: str) -> None:
    """From now on, in this task and those that it starts."""
    _actor.set(actor)
