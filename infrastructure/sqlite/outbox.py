"""The relay's side of a table of aggregates: claims, acknowledgements, dead letters."""

import functools
import sqlite3
import time
from collections.abc import Sequence

from application.dispatch.outbox import (
    Claim,
    DeadLetter,
    DeadLetterId,
    LaneBacklog,
    Outcome,
    PendingEvent,
    Settlement,
)
from infrastructure.claims import readable_claim
from infrastructure.dead_letters import dead_letters_of
from infrastructure.serialization import pending_from_json, pending_to_json, to_json
from infrastructure.sqlite.clock import FileClock
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms
from infrastructure.tokens import new_token

# ruff: noqa: S608 - the table's name is ours


class SqliteOutbox:
    """Implements `application.dispatch.outbox.Outbox`."""

    def __init__(self, database: Database, table: str, kind: str, lease_seconds: float, clock: FileClock) -> None:
        self._database = database
        self._clock = clock
        self._kind = kind
        self._lease_seconds = lease_seconds
        due = f"FROM {table} WHERE lane = ? AND next_attempt_at <= ?"
        self._any_due = f"SELECT 1 {due} LIMIT 1"
        self._due = f"SELECT id, pending {due} ORDER BY next_attempt_at LIMIT ?"
        # The document's id goes into its token, so that each token is one document's.
        self._take = (
            f"UPDATE {table} SET lease = ? || '/' || id, next_attempt_at = ?, lane = coalesce(lane, '')"
            " WHERE id IN (SELECT value FROM json_each(?))"
        )
        self._clear = (
            f"UPDATE {table} SET pending = NULL, pending_count = 0, lease = NULL, next_attempt_at = NULL, lane = NULL,"
            " pending_since = NULL, parked_at = NULL WHERE id = ? AND lease = ? AND pending_count = ?"
        )
        self._rest = (
            f"UPDATE {table} SET pending = ?, pending_count = ?, lease = NULL, next_attempt_at = ?, lane = ?,"
            " pending_since = max(pending_since, ?), parked_at = ? WHERE id = ? AND lease = ? AND pending_count = ?"
        )
        self._held = f"SELECT pending FROM {table} WHERE id = ? AND lease = ?"
        self._extend = f"UPDATE {table} SET next_attempt_at = ? WHERE id = ? AND lease = ? RETURNING pending_count"
        self._release = f"UPDATE {table} SET lease = NULL, next_attempt_at = ? WHERE id = ? AND lease = ?"
        self._one = f"SELECT id, pending FROM {table} WHERE id = ? AND (lease IS NULL OR next_attempt_at <= ?)"
        self._backlog = (
            f"SELECT lane, count(*), min(pending_since) FROM {table}"
            " WHERE next_attempt_at IS NOT NULL AND pending_since IS NOT NULL GROUP BY lane"  # not what is only leased
        )
        self._parked = f"SELECT id, pending FROM {table} WHERE parked_at IS NOT NULL"
        self._count_parked = f"SELECT count(*) FROM {table} WHERE parked_at IS NOT NULL"
        self._parked_at = f"SELECT parked_at FROM {table} WHERE id = ?"

    async def claim_due(self, lane: str, limit: int) -> list[Claim]:
        if not self._database.read(self._any_due, (lane, self._clock.now_ms())):
            return []
        return await self._database.write(
            lambda connection: self._claim_rows(
                connection, connection.execute(self._due, (lane, self._clock.now_ms(), limit)).fetchall()
            )
        )

    async def take_for_repair(self, aggregate_id: str) -> Claim | None:
        def take(connection: sqlite3.Connection) -> Claim | None:
            rows = connection.execute(self._one, (aggregate_id, self._clock.now_ms())).fetchall()
            claims = self._claim_rows(connection, rows)
            return claims[0] if claims else None

        return await self._database.write(take)

    def _claim_rows(self, connection: sqlite3.Connection, rows: list[tuple[str, bytes]]) -> list[Claim]:
        """Take the leases of rows read in this very transaction: nobody can have come in between."""
        token = new_token()
        until = self._clock.now_ms() + int(self._lease_seconds * 1000)
        expires = time.monotonic() + self._lease_seconds
        connection.execute(self._take, (token, until, to_json([row[0] for row in rows]).decode()))
        claims = [
            readable_claim(
                self._kind,
                aggregate_id,
                f"{token}/{aggregate_id}",
                expires,
                functools.partial(self._pending, pending),
            )
            for aggregate_id, pending in rows
        ]
        self._clock.note(connection)
        return [claim for claim in claims if claim]

    def _pending(self, stored: bytes) -> list[PendingEvent]:
        return self._clock.from_store(pending_from_json(stored))

    async def settle(self, settlements: Sequence[Settlement]) -> list[Outcome]:
        writes = [self._settling(settlement) for settlement in settlements]

        def write(connection: sqlite3.Connection) -> list[_Held]:
            held: list[_Held] = [
                Outcome.DONE
                if connection.execute(sql, row).rowcount
                else self._look_again(connection, settlement.claim)
                for settlement, (sql, row) in zip(settlements, writes, strict=True)
            ]
            self._clock.note(connection)
            return held

        held = await self._database.write(write, haste=False)
        return [_take_in(settlement.claim, found) for settlement, found in zip(settlements, held, strict=True)]

    def _settling(self, settlement: Settlement) -> tuple[str, tuple[object, ...]]:
        claim = settlement.claim
        if settlement.rest:
            return self._rest, self._rest_row(settlement)
        return self._clear, (claim.aggregate_id, claim.token, settlement.known)

    def _rest_row(self, settlement: Settlement) -> tuple[object, ...]:
        claim, clock = settlement.claim, self._clock
        oldest = settlement.rest[0].event
        # What has waited longest may be done: then the next one's age counts, as far as it can be told.
        done = oldest.event_id != claim.pending[0].event.event_id
        return (
            pending_to_json(clock.to_store(settlement.rest)),
            len(settlement.rest),
            to_ms(settlement.next_attempt_at + clock.ahead) if settlement.next_attempt_at else None,
            settlement.lane if settlement.next_attempt_at else None,
            to_ms(clock.waiting_since(oldest.occurred_at)) if done else 0,
            to_ms(settlement.parked_at) if settlement.parked_at else None,
            claim.aggregate_id,
            claim.token,
            settlement.known,
        )

    def _look_again(self, connection: sqlite3.Connection, claim: Claim) -> "_Held":
        row = connection.execute(self._held, (claim.aggregate_id, claim.token)).fetchone()
        return Outcome.LOST if row is None else self._pending(row[0])

    async def renew(self, claims: Sequence[Claim]) -> list[Outcome]:
        def extend(connection: sqlite3.Connection) -> tuple[float, list[_Held]]:
            until = self._clock.now_ms() + int(self._lease_seconds * 1000)
            self._clock.note(connection)
            return time.monotonic() + self._lease_seconds, [self._renew_one(connection, c, until) for c in claims]

        expires, held = await self._database.write(extend)
        outcomes = []
        for claim, found in zip(claims, held, strict=True):
            if found is not Outcome.LOST:
                claim.expires = expires
            known = len(claim.pending)
            outcome = _take_in(claim, found)
            outcomes.append(Outcome.DONE if outcome is Outcome.GREW and len(claim.pending) == known else outcome)
        return outcomes

    def _renew_one(self, connection: sqlite3.Connection, claim: Claim, until: int) -> "_Held":
        counts = connection.execute(self._extend, (until, claim.aggregate_id, claim.token)).fetchall()
        if not counts:
            return Outcome.LOST
        # Thousands are renewed at once: those that are as they were are not read again.
        return self._look_again(connection, claim) if counts[0][0] > len(claim.pending) else []

    async def release(self, claims: Sequence[Claim]) -> None:
        now = self._clock.now_ms()
        rows = [(now, claim.aggregate_id, claim.token) for claim in claims]
        await self._database.write(lambda connection: connection.executemany(self._release, rows))

    async def backlog(self) -> list[LaneBacklog]:
        rows = self._database.read(self._backlog)
        skew = self._clock.skew
        return [LaneBacklog(lane, documents, from_ms(oldest) - skew) for lane, documents, oldest in rows]

    async def count_dead_letters(self) -> int:
        return int(self._database.read(self._count_parked)[0][0])

    async def dead_letters(self, limit: int, after: str | None = None) -> list[DeadLetter]:
        last = DeadLetterId.parse(after) if after else None
        since = self._database.read(self._parked_at, (last.aggregate_id,)) if last else []
        position = (since[0][0], last.aggregate_id) if last and since and since[0][0] is not None else (0, "")
        # The document of the last one comes again, since it may hold several.
        rows = self._database.read(
            f"{self._parked} AND (parked_at, id) >= (?, ?) ORDER BY parked_at, id LIMIT ?", (*position, limit + 1)
        )
        letters = [
            letter for row in rows for letter in dead_letters_of(self._kind, row[0], pending_from_json(row[1]), last)
        ]
        return letters[:limit]


#: What a write has found under a claim's lease: how it ended, or the events that wait there.
_Held = Outcome | list[PendingEvent]


def _take_in(claim: Claim, held: _Held) -> Outcome:
    """Append to the claim what was saved since it was made. Only once that is on disk: an event that was seen within a
    transaction has never happened where the transaction fails."""
    if isinstance(held, Outcome):
        return held
    claim.pending.extend(held[len(claim.pending) :])
    return Outcome.GREW
