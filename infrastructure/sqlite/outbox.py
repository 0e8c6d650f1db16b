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
    Settlement,
)
from infrastructure.claims import readable_claim
from infrastructure.dead_letters import dead_letters_of
from infrastructure.serialization import pending_from_json, pending_to_json, to_json
from infrastructure.sqlite.database import Database
from infrastructure.sqlite.moments import from_ms, to_ms
from infrastructure.tokens import new_token

# ruff: noqa: S608 - the table's name is ours


class SqliteOutbox:
    """Implements `application.dispatch.outbox.Outbox`. One host, one clock: the system's."""

    def __init__(self, database: Database, table: str, kind: str, lease_seconds: float) -> None:
        self._database = database
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
            " pending_since = ?, parked_at = ? WHERE id = ? AND lease = ? AND pending_count = ?"
        )
        self._held = f"SELECT pending FROM {table} WHERE id = ? AND lease = ?"
        self._extend = f"UPDATE {table} SET next_attempt_at = ? WHERE id = ? AND lease = ?"
        self._one = f"SELECT id, pending FROM {table} WHERE id = ? AND (lease IS NULL OR next_attempt_at <= ?)"
        self._backlog = (
            f"SELECT lane, count(*), min(pending_since) FROM {table} WHERE next_attempt_at IS NOT NULL GROUP BY lane"
        )
        self._parked = f"SELECT id, pending FROM {table} WHERE parked_at IS NOT NULL"
        self._count_parked = f"SELECT count(*) FROM {table} WHERE parked_at IS NOT NULL"
        self._parked_at = f"SELECT parked_at FROM {table} WHERE id = ?"

    async def claim_due(self, lane: str, limit: int) -> list[Claim]:
        if not self._database.read(self._any_due, (lane, _now())):
            return []
        return await self._database.write(
            lambda connection: self._claim_rows(
                connection, connection.execute(self._due, (lane, _now(), limit)).fetchall()
            )
        )

    async def take_for_repair(self, aggregate_id: str) -> Claim | None:
        def take(connection: sqlite3.Connection) -> Claim | None:
            claims = self._claim_rows(connection, connection.execute(self._one, (aggregate_id, _now())).fetchall())
            return claims[0] if claims else None

        return await self._database.write(take)

    def _claim_rows(self, connection: sqlite3.Connection, rows: list[tuple[str, bytes]]) -> list[Claim]:
        """Take the leases of rows read in this very transaction: nobody can have come in between."""
        token = new_token()
        until = _now() + int(self._lease_seconds * 1000)
        expires = time.monotonic() + self._lease_seconds
        connection.execute(self._take, (token, until, to_json([row[0] for row in rows]).decode()))
        claims = [
            readable_claim(
                self._kind,
                aggregate_id,
                f"{token}/{aggregate_id}",
                expires,
                functools.partial(pending_from_json, pending),
            )
            for aggregate_id, pending in rows
        ]
        return [claim for claim in claims if claim]

    async def settle(self, settlements: Sequence[Settlement]) -> list[Outcome]:
        writes = [self._settling(settlement) for settlement in settlements]

        def write(connection: sqlite3.Connection) -> list[Outcome]:
            return [
                Outcome.DONE
                if connection.execute(sql, row).rowcount
                else self._look_again(connection, settlement.claim)
                for settlement, (sql, row) in zip(settlements, writes, strict=True)
            ]

        return await self._database.write(write, haste=False)

    def _settling(self, settlement: Settlement) -> tuple[str, tuple[object, ...]]:
        claim = settlement.claim
        if settlement.rest:
            return self._rest, self._rest_row(settlement)
        return self._clear, (claim.aggregate_id, claim.token, settlement.known)

    def _rest_row(self, settlement: Settlement) -> tuple[object, ...]:
        claim = settlement.claim
        return (
            pending_to_json(settlement.rest),
            len(settlement.rest),
            to_ms(settlement.next_attempt_at) if settlement.next_attempt_at else None,
            settlement.lane if settlement.next_attempt_at else None,
            min(to_ms(pending.event.occurred_at) for pending in settlement.rest),
            to_ms(settlement.parked_at) if settlement.parked_at else None,
            claim.aggregate_id,
            claim.token,
            settlement.known,
        )

    def _look_again(self, connection: sqlite3.Connection, claim: Claim) -> Outcome:
        held = connection.execute(self._held, (claim.aggregate_id, claim.token)).fetchone()
        if held is None:
            return Outcome.LOST
        claim.pending.extend(pending_from_json(held[0])[len(claim.pending) :])
        return Outcome.GREW

    async def renew(self, claims: Sequence[Claim]) -> list[Outcome]:
        def extend(connection: sqlite3.Connection) -> list[Outcome]:
            until = _now() + int(self._lease_seconds * 1000)
            return [self._renew_one(connection, claim, until) for claim in claims]

        return await self._database.write(extend)

    def _renew_one(self, connection: sqlite3.Connection, claim: Claim, until: int) -> Outcome:
        if not connection.execute(self._extend, (until, claim.aggregate_id, claim.token)).rowcount:
            return Outcome.LOST
        claim.expires = time.monotonic() + self._lease_seconds
        known = len(claim.pending)
        self._look_again(connection, claim)
        return Outcome.GREW if len(claim.pending) > known else Outcome.DONE

    async def backlog(self) -> list[LaneBacklog]:
        rows = self._database.read(self._backlog)
        return [LaneBacklog(lane, documents, from_ms(oldest)) for lane, documents, oldest in rows]

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


def _now() -> int:
    return time.time_ns() // 1_000_000
