"""What each customer came to in any number of months, from what they had come to before the first and the last of them.

To add up the customers of 36 months takes a fifth of a second; to subtract one sum from another a tenth of that. A sum
up to a month is kept, in the store and in memory, and says by its token which writes of which months it was made of: so
it is known to be right, or made anew, and nobody need drop it.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from application.analytics.calendar import Calendar, Level
from application.analytics.figures import Customers, Parts
from application.analytics.packed import NOTHING, Memory, Packed
from application.clock import utc_now
from application.ports.analytics import Block, BlockId, RollUps

#: Of fewer months the customers are added up at once.
FEWEST = 4
#: A sum of more customers is not kept: it would be too large a document for MongoDB.
MOST_KEPT = 500_000
#: Sums of as many customers in all are remembered: 32 MB.
MOST_REMEMBERED = 2_000_000
MOST_TRIES = 3
MOMENT = timedelta(seconds=1)
#: How long after a month its orders are over, but for a few.
SETTLED_AFTER = timedelta(days=1)


class RunningCustomers:
    """Raises `StoreUnavailable`."""

    def __init__(self, roll_ups: RollUps, calendar: Calendar) -> None:
        self._roll_ups = roll_ups
        self._zone = calendar.name
        self._one_at_a_time = asyncio.Lock()
        self._memory = Memory(MOST_REMEMBERED)

    async def between(self, start: datetime, end: datetime) -> dict[str, Customers]:
        """By currency, of the months that begin at or after `start` and before `end`."""
        for _ in range(MOST_TRIES):
            tokens = await self._roll_ups.tokens_of(self._zone, Level.MONTH)
            months = [month for month in tokens if start <= month < end]
            if len(months) < FEWEST:
                break
            settled = _settled(months[-1], tokens)
            before_settled, before_first = await asyncio.gather(
                self._until(settled, tokens), self._until(months[0], tokens)
            )
            if before_settled is not None and before_first is not None:
                return await self._add(_difference(before_settled, before_first), settled, end)
        return await self._add({}, start, end)

    async def keep_up(self) -> None:
        """Make what is not right any more, so that nobody who asks has to wait for it, and nobody who was erased stays
        in it."""
        tokens = await self._roll_ups.tokens_of(self._zone, Level.MONTH)
        if len(tokens) < FEWEST:
            return
        known = await self._roll_ups.tokens_of(self._zone, Level.UNTIL)
        for month in [*tokens][1:]:
            if known.get(month) != _token(tokens, month):
                await self._until(month, tokens)

    async def _add(self, total: dict[str, Customers], start: datetime, end: datetime) -> dict[str, Customers]:
        found = await self._roll_ups.figures(self._zone, Level.MONTH, start, end, Customers) if start < end else []
        for told in found:
            for currency, customers in told.figures.items():
                total.setdefault(currency, Customers()).add(customers, told.start)
            await asyncio.sleep(0)
        return total

    async def _until(self, month: datetime, tokens: Mapping[datetime, str]) -> Mapping[str, Packed] | None:
        """What they had come to before a month began; None where the months are no longer those of `tokens`."""
        wanted = _token(tokens, month)
        remembered = self._memory.get(month, wanted)
        if remembered is not None:
            return remembered
        token, total = await self._read(month)
        if token != wanted:
            async with self._one_at_a_time:
                token, total = await self._make(month, tokens)
        if token != wanted:
            return None
        packed = {currency: Packed.of(customers) for currency, customers in total.items()}
        self._memory.put(month, token, packed)
        return packed

    async def _make(self, month: datetime, tokens: Mapping[datetime, str]) -> tuple[str, dict[str, Customers]]:
        """From the last sum that is still right on, month by month, each kept for whoever asks next."""
        known = await self._roll_ups.tokens_of(self._zone, Level.UNTIL)
        right = [each for each, token in known.items() if each <= month and token == _token(tokens, each)]
        token, total = await self._read(max(right)) if right else ("", {})
        if right and token != _token(tokens, max(right)):  # told otherwise by whoever died while writing it
            token, total = "", {}
        months = [each for each in tokens if each < month and (not token or each >= max(right))]
        # None where somebody else has made it meanwhile.
        for each, after in zip(months, [*months, month][1:], strict=True):
            for told in await self._roll_ups.figures(self._zone, Level.MONTH, each, each + MOMENT, Customers):
                token = _next(token, told.start, told.token)
                for currency, customers in told.figures.items():
                    total.setdefault(currency, Customers()).add(customers, told.start)
            await self._keep(after, token, total)
        return token, total

    async def _read(self, month: datetime) -> tuple[str, dict[str, Customers]]:
        found = await self._roll_ups.figures(self._zone, Level.UNTIL, month, month + MOMENT, Customers)
        return (found[0].token, found[0].figures) if found else ("", {})

    async def _keep(self, month: datetime, token: str, total: dict[str, Customers]) -> None:
        """Where somebody else has kept one meanwhile, that is as good."""
        if sum(len(customers.sums) for customers in total.values()) > MOST_KEPT:
            return
        id_ = BlockId(Level.UNTIL, month)
        seen = await self._roll_ups.tokens(self._zone, [id_])
        await self._roll_ups.write(self._zone, [Block(id_, Parts(customers=total), token)], seen)


def _settled(last: datetime, tokens: Mapping[datetime, str]) -> datetime:
    """Up to when a sum is worth keeping: not beyond a month whose orders may still be under way, since it would have to
    be made anew with each of them. What comes after is added to it."""
    after = next((month for month in tokens if month > last), None)
    return after if after and after < utc_now() - SETTLED_AFTER else last


def _token(tokens: Mapping[datetime, str], month: datetime) -> str:
    """What a sum up to a month has to have for a token."""
    token = ""
    for each, of_month in tokens.items():
        if each < month:
            token = _next(token, each, of_month)
    return token


def _next(token: str, month: datetime, of_month: str) -> str:
    return sha256(f"{token} {month.isoformat()} {of_month}".encode()).hexdigest()[:32]


def _difference(total: Mapping[str, Packed], earlier: Mapping[str, Packed]) -> dict[str, Customers]:
    since = {currency: packed.less(earlier.get(currency, NOTHING)) for currency, packed in total.items()}
    return {currency: customers for currency, customers in since.items() if customers.orders}
