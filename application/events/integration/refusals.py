"""What becomes of a report that is refused: its sender has been thanked already, so an operator has to see it."""

from application.dispatch.retry import Rejected, Unavailable
from domain.errors import BacklogFull, DomainError, KitchenFull, StoreUnavailable, VersionConflict

#: Refusals that another try may find gone.
PASSING = (VersionConflict, BacklogFull, KitchenFull)


def verdict(refusal: DomainError) -> Exception:
    """The failure to tell the relay: one that parks the event at once with the refusal's code and words, unless it may
    pass."""
    if isinstance(refusal, StoreUnavailable):
        return Unavailable(str(refusal), retry_after=refusal.retry_after)
    if isinstance(refusal, PASSING):
        return refusal
    return Rejected(f"{refusal.code}: {refusal}")
