"""Makes an order of its rows, or says what is wrong with which of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation

from app.importing.rows import NEEDED, BrokenRow, Row
from application.clock import utc_now
from application.importing import HistoricOrder
from domain.order_lifecycle import FulfilmentType, OrderStatus
from domain.order_state import Address, Customer, Fulfilment, OrderLine

#: ISO 4217: currencies whose minor unit is not a hundredth. The number of decimals.
DECIMALS = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip
LONGEST_TEXT = 100
MOST_MINOR_UNITS = 10_000_000
MOMENTS = ("placed_at", "confirmed_at", "cooking_at", "ready_at", "dispatched_at", "finished_at")
ENDS = frozenset({OrderStatus.COLLECTED, OrderStatus.DELIVERED, OrderStatus.CANCELLED})
PICKUP = Fulfilment(type=FulfilmentType.PICKUP)
#: What the rows of an order must agree on: all but its lines.
OF_A_LINE = frozenset({"pizza", "size", "quantity", "unit_price", "extra_toppings"})


class _Wrong(Exception):
    """What is wrong with a row."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """`zone` is that of times without an offset."""

    currency: str
    zone: tzinfo


def parse_order(rows: Sequence[Row], defaults: Defaults) -> HistoricOrder | list[BrokenRow]:
    """The order, or every row of it that is broken."""
    broken: list[BrokenRow] = []
    lines: list[OrderLine] = []
    for row in rows:
        try:
            _agrees(row, rows[0])
            lines.append(_line(row, row.values.get("currency", defaults.currency)))
        except _Wrong as wrong:
            broken.append(BrokenRow(row.number, str(wrong)))
    if broken:
        return broken
    try:
        return _order(rows[0], lines, defaults)
    except _Wrong as wrong:
        return [BrokenRow(rows[0].number, str(wrong))]


def _agrees(row: Row, first: Row) -> None:
    if not row.values.keys() >= NEEDED:
        raise _Wrong(f"{', '.join(sorted(NEEDED - row.values.keys()))}: missing")
    for name in () if row is first else (row.values.keys() | first.values.keys()) - OF_A_LINE:
        if row.values.get(name) != first.values.get(name):
            raise _Wrong(f"{name}: not as in row {first.number} of the same order")
    for name, value in row.values.items():
        if len(value) > LONGEST_TEXT or not value.isprintable():
            raise _Wrong(f"{name}: more than {LONGEST_TEXT} characters, or some that cannot be printed")


def _line(row: Row, currency: str) -> OrderLine:
    values = row.values
    quantity = values.get("quantity", "1")
    if not (quantity.isascii() and quantity.isdecimal() and 1 <= int(quantity) <= LONGEST_TEXT):
        raise _Wrong(f"quantity: '{quantity}' is no whole number from 1 to {LONGEST_TEXT}")
    toppings = values["extra_toppings"].split(";") if "extra_toppings" in values else ()
    return OrderLine(
        pizza=values["pizza"],
        size=values["size"],
        quantity=int(quantity),
        unit_price=minor_units(values["unit_price"], currency),
        extra_toppings=tuple(topping.strip() for topping in toppings if topping.strip()),
    )


def minor_units(text: str, currency: str) -> int:
    decimals = DECIMALS.get(currency, 2)
    try:
        amount = Decimal(text).scaleb(decimals)
    except InvalidOperation:
        raise _Wrong(f"unit_price: '{text}' is no amount such as 13.25") from None
    if not amount.is_finite() or not 0 <= amount <= MOST_MINOR_UNITS:
        raise _Wrong(f"unit_price: '{text}' is no amount from 0 to {MOST_MINOR_UNITS // 10**decimals}")
    if amount != amount.to_integral_value():
        raise _Wrong(f"unit_price: '{text}' has more than {decimals} decimals, which {currency} does not")
    return int(amount)


def _order(first: Row, lines: Sequence[OrderLine], defaults: Defaults) -> HistoricOrder:
    values = first.values
    currency = values.get("currency", defaults.currency)
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha() and currency.isupper()):
        raise _Wrong(f"currency: '{currency}' is no three-letter code such as EUR")
    moments = _moments(first, defaults.zone)
    fulfilment = _fulfilment(first)
    return HistoricOrder(
        external_id=values["external_id"],
        customer=Customer(name=values.get("customer_name", "unknown"), phone=values.get("customer_phone", "")),
        fulfilment=fulfilment,
        lines=lines,
        currency=currency,
        status=_status(first, fulfilment.type),
        placed_at=moments.pop("placed_at"),
        **moments,
        cook=values.get("cook", "import"),
        driver=values.get("driver", "import"),
    )


def _moments(first: Row, zone: tzinfo) -> dict[str, datetime]:
    """Those that are given, each no earlier than the ones before it, and none to come."""
    found: dict[str, datetime] = {}
    latest = "placed_at"
    for name in MOMENTS:
        if name not in first.values:
            continue
        moment = found[name] = _moment(name, first.values[name], zone)
        if moment < found[latest]:
            raise _Wrong(f"{name}: earlier than {latest}")
        latest = name
    if found[latest] > utc_now():
        raise _Wrong(f"{latest}: '{first.values[latest]}' is not in the past")
    return found


def _moment(name: str, text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise _Wrong(f"{name}: '{text}' is no time such as 2026-05-04T18:31:00+02:00") from None
    if moment.year < 1971:
        raise _Wrong(f"{name}: '{text}' is before 1971")
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _fulfilment(first: Row) -> Fulfilment:
    text = first.values.get("fulfilment")
    if text in (None, FulfilmentType.PICKUP):
        return PICKUP
    if text != FulfilmentType.DELIVERY:
        raise _Wrong(f"fulfilment: '{text}' is neither pickup nor delivery")
    street, city, code = (first.values.get(name, "-") for name in ("street", "city", "postal_code"))
    return Fulfilment(type=FulfilmentType.DELIVERY, address=Address(street=street, city=city, postal_code=code))


def _status(first: Row, fulfilment: FulfilmentType) -> OrderStatus:
    end = OrderStatus.COLLECTED if fulfilment is FulfilmentType.PICKUP else OrderStatus.DELIVERED
    text = first.values.get("status")
    if text is None:
        return end
    if text not in ENDS:
        raise _Wrong(f"status: '{text}' is not how an order ends: {', '.join(sorted(ENDS))}")
    status = OrderStatus(text)
    if status not in (end, OrderStatus.CANCELLED):
        raise _Wrong(f"status: a {fulfilment.value} is not {text}")
    return status
