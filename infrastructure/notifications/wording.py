"""What templates are told of an order: money and times as people write them, and texts that can do no harm."""

import re
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import Any

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_currency, get_currency_precision

from application.ports import OrderView
from domain.order_lifecycle import FulfilmentType
from domain.order_state import OrderLine

LONGEST = 60
#: Control characters, line breaks of every kind, halves of characters, and what turns the direction of writing.
_unwanted = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_spaces = re.compile(r"\s+")
#: What mail programs make a link of.
_link = re.compile(r"[/\\@]|www\.|\w\.\w\w", re.IGNORECASE)


class Facts:
    """An order as templates see it. Amounts and times are texts already, made when a template asks for them. What
    people wrote has no line breaks, and an end."""

    def __init__(self, order: OrderView, locale: Locale, zone: tzinfo) -> None:
        self.number = order.id[-6:].upper()
        self._state = order.state
        self._locale = locale
        self._zone = zone

    @property
    def name(self) -> str:
        return _unlinked(self._state.customer.name)

    @property
    def pickup(self) -> bool:
        return self._state.fulfilment.type is FulfilmentType.PICKUP

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        return [_line(line, self._money(line.line_total)) for line in self._state.items]

    @cached_property
    def subtotal(self) -> str:
        return self._money(self._sum)

    @cached_property
    def discount(self) -> str | None:
        """Below zero; None where there is none."""
        taken_off = self._state.total_amount - self._sum
        return self._money(taken_off) if taken_off < 0 else None

    @cached_property
    def total(self) -> str:
        return self._money(self._state.total_amount)

    @cached_property
    def placed(self) -> str:
        return self._moment(self._state.placed_at)

    @cached_property
    def ready_time(self) -> str | None:
        """The hour, and the day too where it is another than that of the order."""
        ready, placed = self._state.estimated_ready_time, self._state.placed_at
        if ready is None:
            return None
        same_day = ready.astimezone(self._zone).date() == placed.astimezone(self._zone).date()
        return self._hour(ready) if same_day else self._moment(ready)

    @property
    def tracking_number(self) -> str:
        return _shortened(self._state.tracking_number)

    @property
    def carrier(self) -> str:
        return _shortened(self._state.carrier)

    @property
    def reason(self) -> str:
        return _unlinked(self._state.cancel_reason)

    @property
    def _sum(self) -> int:
        return sum(line.line_total for line in self._state.items)

    def _money(self, amount: int) -> str:
        currency = self._state.currency
        digits = get_currency_precision(currency)
        return format_currency(Decimal(amount).scaleb(-digits), currency, locale=self._locale)

    def _hour(self, moment: datetime) -> str:
        return format_time(moment, "short", tzinfo=self._zone, locale=self._locale)

    def _moment(self, moment: datetime) -> str:
        day = format_date(moment.astimezone(self._zone), "long", locale=self._locale)
        return f"{day}, {self._hour(moment)}"


def one_line(text: str) -> str:
    return _spaces.sub(" ", _unwanted.sub(" ", text)).strip()


def _line(line: OrderLine, total: str) -> dict[str, Any]:
    return {
        "quantity": line.quantity,
        "pizza": _title(line.pizza),
        "size": _title(line.size),
        "toppings": [_title(topping) for topping in line.extra_toppings],
        "total": total,
    }


def _title(name: str) -> str:
    """The menu's ids are words: `quattro-formaggi`."""
    return _shortened(name.replace("-", " ").replace("_", " ")).title()


def _shortened(text: str | None) -> str:
    line = one_line(text or "")
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _unlinked(text: str | None) -> str:
    """Whoever orders may give anybody's address: nobody is to send links to strangers under our name."""
    line = _shortened(text)
    return "" if _link.search(line) else line
