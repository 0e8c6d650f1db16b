"""Aggregates in a table: state and events in one row, written by one statement, guarded by the version."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from application.dispatch.outbox import FRESH_LANE, MOST_PENDING, Claim, Deliveries, PendingEvent
from domain.aggregate import AggregateRoot
from domain.errors import BacklogFull, DuplicateId, DuplicateRequest, NotFound, VersionConflict
from infrastructure.kinds import Kind
from infrastructure.serialization import pending_from_json, pending_to_json, to_json
from infrastructure.sqlite.clock import FileClock
from infrastructure.sqlite.database import Database
from infrastructure.tokens import new_token

A = TypeVar("A", bound=AggregateRoot[Any])
Columns = Callable[[Any], Mapping[str, object]]


@dataclass(slots=True)
class DeliveryDesk:
    """Shared by the repositories of a store: whom to hand claims to, once somebody delivers."""

    lease_seconds: float
    clock: FileClock
    deliveries: Deliveries | None = None

    @property
    def has_room(self) -> bool:
        return self.deliveries is not None and self.deliveries.room(FRESH_LANE) > 0


class SqliteRepository(Generic[A]):
    """Implements `domain.repositories.Repository`."""

    def __init__(self, database: Database, kind: Kind[A], desk: DeliveryDesk, columns: Columns = lambda _: {}) -> None:
        """`columns` are what queries look for besides the id, from the state."""
        self._database = database
        self._kind = kind
        self._desk = desk
        self._columns = columns
        self._states = msgspec.json.Decoder(kind.state)

    async def get(self, aggregate_id: str) -> A:
        found = await self.find(aggregate_id)
        if found is None:
            raise NotFound(f"There is no {self._kind.name} '{aggregate_id}'.")
        return found

    async def find(self, aggregate_id: str) -> A | None:
        rows = self._database.read(f"SELECT state, version FROM {self._kind.home} WHERE id = ?", (aggregate_id,))  # noqa: S608
        return self._kind.restore(aggregate_id, self._states.decode(rows[0][0]), rows[0][1]) if rows else None

    async def find_many(self, aggregate_ids: Sequence[str]) -> dict[str, A]:
        rows = self._database.read(
            f"SELECT id, state, version FROM {self._kind.home} WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608
            (to_json(list(aggregate_ids)).decode(),),
        )
        return {row[0]: self._kind.restore(row[0], self._states.decode(row[1]), row[2]) for row in rows}

    async def add(self, aggregate: A) -> None:
        pending = [PendingEvent(event) for event in aggregate.raised]
        claim = self._claim(aggregate.id, pending) if pending and self._desk.has_room else None
        sql, values = self.insertion(aggregate, pending, claim)
        await self._database.write(lambda connection: self._insert(connection, sql, values, aggregate.id))
        self._saved(aggregate, claim)

    def insertion(
        self, aggregate: A, pending: list[PendingEvent], claim: Claim | None = None, lane: str = FRESH_LANE
    ) -> tuple[str, tuple[object, ...]]:
        """The statement that writes a new one, with what is pending of its events, and its values."""
        row: dict[str, object] = {
            "id": aggregate.id,
            "version": aggregate.next_version,
            "state": to_json(aggregate.state),
            **self._columns(aggregate.state),
        }
        if pending:
            row |= self._outbox_columns(pending_to_json(pending), len(pending), claim) | {"lane": lane}
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        return f"INSERT INTO {self._kind.home} ({names}) VALUES ({marks})", tuple(row.values())  # noqa: S608

    async def save(self, aggregate: A) -> None:
        claim = await self._database.write(lambda connection: self._update(connection, aggregate))
        self._saved(aggregate, claim)

    def _update(self, connection: sqlite3.Connection, aggregate: A) -> Claim | None:
        row = connection.execute(
            f"SELECT version, lease, pending, pending_count, pending_since FROM {self._kind.home} WHERE id = ?",  # noqa: S608
            (aggregate.id,),
        ).fetchone()
        if row is None:
            raise NotFound(f"There is no {self._kind.name} '{aggregate.id}'.")
        version, lease, stored, count, since = row
        if version != aggregate.version:
            raise VersionConflict(f"{self._kind.name} '{aggregate.id}' has been changed meanwhile. Read it again.")
        raised = [PendingEvent(event) for event in aggregate.raised]
        if count + len(raised) > MOST_PENDING:
            raise BacklogFull(f"{count} events of {self._kind.name} '{aggregate.id}' wait to be delivered.")
        changed: dict[str, object] = {
            "version": aggregate.next_version,
            "state": to_json(aggregate.state),
            **self._columns(aggregate.state),
        }
        claim = None
        if raised:
            pending = _joined(stored, pending_to_json(raised))
            if lease is None:
                if self._desk.has_room:
                    waiting = self._desk.clock.from_store(pending_from_json(stored))
                    claim = self._claim(aggregate.id, waiting + raised)
                changed |= self._outbox_columns(pending, count + len(raised), claim)
                changed["pending_since"] = since or changed["pending_since"]
            else:  # who holds the lease will find them
                since = since or self._desk.clock.now_ms()  # a repairer's lease may be on one that has nothing to wait
                changed |= {"pending": pending, "pending_count": count + len(raised), "pending_since": since}
        assignments = ", ".join(f"{name} = ?" for name in changed)
        connection.execute(
            f"UPDATE {self._kind.home} SET {assignments} WHERE id = ?",  # noqa: S608
            (*changed.values(), aggregate.id),
        )
        self._desk.clock.note(connection)
        return claim

    def _claim(self, aggregate_id: str, pending: list[PendingEvent]) -> Claim:
        expires = time.monotonic() + self._desk.lease_seconds
        return Claim(self._kind.name, aggregate_id, new_token(), expires, pending)

    def _outbox_columns(self, pending: bytes, count: int, claim: Claim | None) -> dict[str, object]:
        """Leased to this process where it has a claim, and otherwise due at once for whoever sweeps."""
        now = self._desk.clock.now_ms()
        return {
            "pending": pending,
            "pending_count": count,
            "lease": claim.token if claim else None,
            "next_attempt_at": now + int(self._desk.lease_seconds * 1000) if claim else now,
            "lane": FRESH_LANE,
            "pending_since": now,
        }

    def _insert(self, connection: sqlite3.Connection, sql: str, values: tuple[object, ...], aggregate_id: str) -> None:
        try:
            connection.execute(sql, values)
        except sqlite3.IntegrityError as failure:
            if "idempotency_key" in str(failure):
                raise DuplicateRequest("") from failure
            raise DuplicateId(f"'{aggregate_id}' exists already.") from failure
        self._desk.clock.note(connection)

    def _saved(self, aggregate: A, claim: Claim | None) -> None:
        raised = bool(aggregate.raised)
        aggregate.mark_saved()
        if self._desk.deliveries is None or not raised:
            return
        if claim:
            self._desk.deliveries.submit(claim)
        else:
            self._desk.deliveries.notify(self._kind.name, aggregate.id)


def _joined(stored: bytes | None, raised: bytes) -> bytes:
    """Two JSON arrays as one."""
    return stored[:-1] + b"," + raised[1:] if stored else raised
