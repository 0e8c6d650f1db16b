"""What the domain refuses, each with a stable code that clients may rely on."""

from collections.abc import Sequence
from typing import ClassVar


class DomainError(Exception):
    """A refusal: `code` is stable, the message says what is wrong and what to do.

    `parameter` names the input at fault as a JSON pointer (`/items/0/size`), or is None.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, *, parameter: str | None = None) -> None:
        super().__init__(message)
        self.parameter = parameter


class IllegalMove(DomainError):
    """The order's status does not allow this move; `open_moves` are those that it does."""

    code = "illegal_move"

    def __init__(self, move: str, status: str, open_moves: Sequence[str]) -> None:
        options = ", ".join(open_moves) or "none: the order is finished"
        super().__init__(f"Cannot {move} an order that is {status}. Open moves: {options}.")
        self.open_moves = tuple(open_moves)


class TooLateToCancel(DomainError):
    """A customer may cancel until cooking starts; after that only the staff may."""

    code = "too_late_to_cancel"


class InvalidOrder(DomainError):
    """The order breaks a rule of its own, whatever the menu says."""

    code = "invalid_order"


class UnknownPizza(DomainError):
    """The menu has no such pizza."""

    code = "unknown_pizza"


class UnknownSize(DomainError):
    """The pizza does not come in this size."""

    code = "unknown_size"


class UnknownTopping(DomainError):
    """The menu has no such topping."""

    code = "unknown_topping"


class InvalidMenu(DomainError):
    """The menu contradicts itself, or a price is not a positive whole number of minor units."""

    code = "invalid_menu"


class KitchenFull(DomainError):
    """Every place in the kitchen is taken."""

    code = "kitchen_full"


class NotFound(DomainError):
    """There is nothing under this id."""

    code = "not_found"


class VersionConflict(DomainError):
    """Somebody else saved this aggregate first; load it again and decide anew."""

    code = "version_conflict"


class StaleVersion(DomainError):
    """The caller decided on a version that is no longer the current one."""

    code = "stale_version"

    def __init__(self, expected: int, actual: int) -> None:
        super().__init__(f"You decided on version {expected}, but the current one is {actual}. Read it again.")


class DuplicateId(DomainError):
    """An aggregate with this id exists already."""

    code = "duplicate_id"


class DuplicateRequest(DomainError):
    """This idempotency key has been used; `aggregate_id` is what it made."""

    code = "duplicate_request"

    def __init__(self, aggregate_id: str) -> None:
        super().__init__(f"This key has already placed order {aggregate_id}.")
        self.aggregate_id = aggregate_id


class IdempotencyKeyReused(DomainError):
    """The key came before with another request."""

    code = "idempotency_key_reused"


class BacklogFull(DomainError):
    """Too many events of this aggregate wait to be handled; the bound keeps its document small."""

    code = "backlog_full"


class InvalidRange(DomainError):
    """A range of time that ends before it begins, or that is too long for what is asked."""

    code = "invalid_range"


class FiguresBehind(DomainError):
    """So much has changed since the figures were made that they are made anew first. `retry_after` is in seconds."""

    code = "figures_behind"

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__("The figures are being brought up to date. Try again shortly.")
        self.retry_after = retry_after


class StoreUnavailable(DomainError):
    """The store did not answer in time. `retry_after` is in seconds."""

    code = "store_unavailable"

    def __init__(self, message: str = "The store is not available. Try again shortly.", retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
