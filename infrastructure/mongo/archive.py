"""A copy of a MongoDB store in one file, whose parts were read one after the other and are made to agree."""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import bson
from bson import CodecOptions

from application.analytics.facts import CustomerKeys, OrderFact, fold
from application.events.kitchen import KitchenEvent, ticket_change
from domain.kitchen import Ticket
from infrastructure.backup_file import BackupError, open_existing
from infrastructure.kinds import KINDS
from infrastructure.mongo.client import Document
from infrastructure.mongo.stock_archive import mend_stock
from infrastructure.serialization import event_from_document, to_document

AGGREGATES = tuple(kind.home for kind in KINDS)
#: Aggregates first: nothing else in the copy may know more of one than it does itself. The stock room's counters before
#: its ledger: what they have marked may have gone there by the time that it is read, and never the other way.
COLLECTIONS = (
    *AGGREGATES,
    "secrets",
    "tickets",
    "order_facts",
    "stock",
    "stock_movements",
    "driver_positions",
    "notifications",
    "points_movements",
)
#: Not copied: they are made of the facts, by whoever finds none.
DERIVED = ("roll_ups", "fact_marks")
EVENTS = "events"
_OPTIONS: CodecOptions[Document] = CodecOptions(tz_aware=True)

_VERSIONS = " UNION ALL ".join(f"SELECT id, version FROM {home}" for home in AGGREGATES)  # noqa: S608
_SCHEMA = "".join(
    f"CREATE TABLE {name} (id TEXT PRIMARY KEY, version INTEGER, status TEXT, pending INTEGER, document BLOB);"
    for name in COLLECTIONS
) + (
    f"CREATE VIEW aggregates AS {_VERSIONS};"
    "CREATE TABLE events (position INTEGER PRIMARY KEY, aggregate_id TEXT, version INTEGER, document BLOB);"
    "CREATE INDEX events_by_aggregate ON events (aggregate_id, version);"
)


class Archive:
    """Takes documents as they are read, `COLLECTIONS` in their order and then the events; gives them out again."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        #: Events of the log that were left out, since the copied order does not know of them yet.
        self.left_out = 0

    def add(self, collection: str, documents: Iterable[Document]) -> None:
        rows = [
            (found["_id"], found.get("version"), _status(found), len(found.get("pending", ())), bson.encode(found))
            for found in documents
        ]
        self._insert(f"INSERT INTO {collection} VALUES (?, ?, ?, ?, ?)", rows)  # noqa: S608

    def add_events(self, documents: Iterable[Document]) -> None:
        """Keep what the copied aggregates know of, at positions without gaps, as the log has them.

        A later event would be in the way of the one that the restored aggregate raises under the same version.
        """
        rows: list[tuple[object, ...]] = []
        for document in documents:
            position, known_as, version = document.pop("_id"), document["aggregate_id"], document["aggregate_version"]
            if version > self._version_of(known_as):
                self.left_out += 1
            else:
                rows.append((position - self.left_out, known_as, version, bson.encode(document)))
        self._insert("INSERT INTO events VALUES (?, ?, ?, ?)", rows)

    def finish(self) -> int:
        """Bring tickets and places back to where their orders are; returns how many events are pending.

        Raises `BackupError` where the parts do not agree after all.
        """
        self._connection.execute("BEGIN")
        self._mend_tickets()
        self._mend_facts()
        self._mend_places()
        self._mend_points()
        mend_stock(self._connection)
        self._connection.execute("COMMIT")
        self._check()
        return sum(
            self._connection.execute(f"SELECT coalesce(sum(pending), 0) FROM {home}").fetchone()[0]  # noqa: S608
            for home in AGGREGATES
        )

    def count(self, collection: str) -> int:
        """How many documents; none where an earlier release made the copy, and knew of no such collection."""
        if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (collection,)).fetchone():
            return 0
        return int(self._connection.execute(f"SELECT count(*) FROM {collection}").fetchone()[0])  # noqa: S608

    def pages(self, collection: str, size: int) -> Iterator[list[Document]]:
        """All documents, in the order of their ids."""
        if not self.count(collection):
            return
        rows = self._connection.execute(f"SELECT * FROM {collection} ORDER BY 1")  # noqa: S608
        while page := rows.fetchmany(size):
            yield [{"_id": row[0], **_decode(row[-1])} for row in page]

    def _mend_tickets(self) -> None:
        """Tickets were read after their orders: one that is ahead is made again from what the order knows of."""
        ahead = self._connection.execute(
            "SELECT t.id FROM tickets t LEFT JOIN orders o ON o.id = t.id WHERE t.version > coalesce(o.version, 0)"
        ).fetchall()
        for (order_id,) in ahead:
            self._connection.execute("DELETE FROM tickets WHERE id = ?", (order_id,))
            ticket = _ticket(self._events_of(order_id))
            if ticket:
                document = to_document(ticket)
                self.add("tickets", [{"_id": document.pop("order_id"), **document}])

    def _mend_facts(self) -> None:
        """Likewise; what has not come to the log yet waits with its order. Whose phone number a customer's key was
        made of is known to the fact alone."""
        ahead = self._connection.execute(
            "SELECT f.id, f.document, o.document FROM order_facts f LEFT JOIN orders o ON o.id = f.id"
            " WHERE f.version > coalesce(o.version, 0)"
        ).fetchall()
        for order_id, stored, order in ahead:
            self._connection.execute("DELETE FROM order_facts WHERE id = ?", (order_id,))
            waiting = _decode(order)["pending"] if order else []
            events = map(event_from_document, [*self._events_of(order_id), *waiting])
            for fact in fold(events, CustomerKeys(b"")):
                if isinstance(fact, OrderFact):
                    document = to_document(fact) | {"customer": _decode(stored)["customer"], "generation": ""}
                    self.add("order_facts", [{"_id": document.pop("order_id"), **document}])

    def _mend_places(self) -> None:
        """A place for each order that cooks, and for no other. A command between its place and its order is gone."""
        cooking = {
            order_id: _decode(document)["state"]
            for order_id, document in self._connection.execute(
                "SELECT id, document FROM orders WHERE status = 'cooking' ORDER BY id"
            )
        }
        for row_id, stored in self._connection.execute("SELECT id, document FROM kitchens").fetchall():
            kitchen = _decode(stored)
            kept = [place for place in kitchen["state"]["places"] if place["order_id"] in cooking]
            placed = {place["order_id"] for place in kept}
            kitchen["state"]["places"] = kept + [
                {"order_id": order_id, "taken_at": state["cooking_started_at"]}
                for order_id, state in cooking.items()
                if order_id not in placed
            ]
            self._connection.execute("UPDATE kitchens SET document = ? WHERE id = ?", (bson.encode(kitchen), row_id))

    def _mend_points(self) -> None:
        """Movements were read after their orders: those that the copied order does not warrant yet will come again."""
        self._connection.execute(
            "DELETE FROM points_movements AS m WHERE NOT EXISTS ("
            "SELECT 1 FROM orders o WHERE o.id = substr(m.id, 1, instr(m.id, ':') - 1) AND"
            " CASE substr(m.id, instr(m.id, ':') + 1) WHEN 'redeemed' THEN 1 WHEN 'earned' THEN o.status <> 'pending'"
            " ELSE o.status = 'cancelled' END)"
        )

    def _check(self) -> None:
        wrong = {
            "events that no aggregate knows of": "SELECT count(*) FROM events e WHERE NOT EXISTS"
            " (SELECT 1 FROM aggregates a WHERE a.id = e.aggregate_id AND a.version >= e.version)",
            "tickets ahead of their orders": "SELECT count(*) FROM tickets t LEFT JOIN orders o ON o.id = t.id"
            " WHERE t.version > coalesce(o.version, 0)",
            "facts ahead of their orders": "SELECT count(*) FROM order_facts f LEFT JOIN orders o ON o.id = f.id"
            " WHERE f.version > coalesce(o.version, 0)",
        }
        for what, sql in wrong.items():
            (count,) = self._connection.execute(sql).fetchone()
            if count:
                raise BackupError(f"The copy does not agree with itself: {count} {what}.")

    def _version_of(self, aggregate_id: str) -> int:
        """Two kinds may have the same id: the later version, so that no event of either is left out."""
        sql = "SELECT coalesce(max(version), 0) FROM aggregates WHERE id = ?"
        return int(self._connection.execute(sql, (aggregate_id,)).fetchone()[0])

    def _events_of(self, order_id: str) -> list[Document]:
        sql = "SELECT document FROM events WHERE aggregate_id = ? ORDER BY version"
        return [_decode(document) for (document,) in self._connection.execute(sql, (order_id,))]

    def _insert(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        in_transaction = self._connection.in_transaction
        if not in_transaction:
            self._connection.execute("BEGIN")
        self._connection.executemany(sql, rows)
        if not in_transaction:
            self._connection.execute("COMMIT")


@contextlib.contextmanager
def new_archive(path: Path) -> Iterator[Archive]:
    """An archive in an empty file. What makes it safe on disk is its seal; until then nothing waits for the disk."""
    with contextlib.closing(open_existing(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)
        yield Archive(connection)


@contextlib.contextmanager
def existing_archive(path: Path) -> Iterator[Archive]:
    with contextlib.closing(open_existing(path, "ro")) as connection:
        yield Archive(connection)


def _ticket(documents: Iterable[Document]) -> Ticket | None:
    ticket: Ticket | None = None
    for event in map(event_from_document, documents):
        if not isinstance(event, KitchenEvent):
            continue
        change = ticket_change(event)
        if isinstance(change, Ticket):
            ticket = change
        elif ticket:
            cook = change.cook or ticket.cook
            ticket = replace(
                ticket, version=change.version, status=change.status, cook=cook, updated_at=change.updated_at
            )
    return ticket


def _status(document: Document) -> str | None:
    state = document.get("state", {})
    status: str | None = state.get("status")
    return status


def _decode(document: bytes) -> Document:
    return bson.decode(document, _OPTIONS)
