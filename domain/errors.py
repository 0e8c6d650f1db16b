"""What the domain refuses, each with a stable code that clients may rely on."""

from collections.abc import Mapping, Sequence
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


class NotAvailable(DomainError):
    """It is on the menu, but cannot be ordered for now."""

    code = "not_available"


class SoldOut(DomainError):
    """There is not enough left; `available` tells what is, by ingredient that does not suffice."""

    code = "sold_out"

    def __init__(
        self, available: Mapping[str, int], message: str | None = None, *, parameter: str | None = None
    ) -> None:
        super().__init__(message or f"Not enough left of {', '.join(sorted(available))}.", parameter=parameter)
        self.available = dict(available)


class NegativeStock(DomainError):
    """More would be taken away than there is."""

    code = "negative_stock"

    def __init__(self, ingredient: str, available: int) -> None:
        super().__init__(
            f"Only {available} of '{ingredient}' are not promised to orders. Take away less, or cancel orders first.",
            parameter="/amount",
        )
        self.ingredient = ingredient
        self.available = available


class UnknownIngredient(DomainError):
    """The stock room has no such ingredient."""

    code = "unknown_ingredient"


class InvalidMenu(DomainError):
    """The menu contradicts itself, or a price is not a positive whole number of minor units."""

    code = "invalid_menu"


class KitchenFull(DomainError):
    """Every place in the kitchen is taken."""

    code = "kitchen_full"


class NotADelivery(DomainError):
    """The order is fetched by its customer: no driver has to do with it."""

    code = "not_a_delivery"


class AlreadyAssigned(DomainError):
    """Another driver delivers this order."""

    code = "already_assigned"


class UnknownDriver(DomainError):
    """There is no driver under this id."""

    code = "unknown_driver"


class UnknownOrder(DomainError):
    """The request names an order that there is not."""

    code = "unknown_order"


class DriverInactive(DomainError):
    """The driver is off duty."""

    code = "driver_inactive"


class DriverOnTour(DomainError):
    """A driver holds one tour at a time, and has one."""

    code = "driver_on_tour"


class InvalidTour(DomainError):
    """A tour without stops, with too many, or to one of them twice."""

    code = "invalid_tour"


class InvalidPayment(DomainError):
    """A payment is a positive whole number of minor units."""

    code = "invalid_payment"


class WrongCurrency(DomainError):
    """The payment is in another currency than the order."""

    code = "wrong_currency"


class OrderCancelled(DomainError):
    """The order is cancelled: nothing is due for it any more."""

    code = "order_cancelled"


class PaymentIdReused(DomainError):
    """The order has another payment under this id."""

    code = "payment_id_reused"


class TooManyPayments(DomainError):
    """The order has as many payments as one may have; the bound keeps its document small."""

    code = "too_many_payments"


class MalformedCloudEvent(DomainError):
    """What was sent is no CloudEvent 1.0; `parameter` is the attribute at fault."""

    code = "malformed_cloud_event"


class UnknownEventType(DomainError):
    """Nobody here knows what to do about CloudEvents of this type."""

    code = "unknown_event_type"


class BatchTooLarge(DomainError):
    """The batch has more events than are taken at once."""

    code = "batch_too_large"


class OrdersUnderWay(DomainError):
    """A person whose order is not finished cannot be erased: somebody has to know whose pizza it is."""

    code = "orders_under_way"

    def __init__(self, order_ids: Sequence[str]) -> None:
        super().__init__(f"Finish or cancel {', '.join(order_ids)} first.")


class NotEnoughPoints(DomainError):
    """The customer has fewer points than are to be redeemed."""

    code = "not_enough_points"

    def __init__(self) -> None:
        super().__init__("There are not so many points to redeem.", parameter="/redeemPoints")


class PointsNotYours(DomainError):
    """Nothing shows that whoever orders is the customer whose points are to be redeemed."""

    code = "points_not_yours"


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
