"""The stock room in a copy: counters made anew from its ledger, which was read a moment later."""

import sqlite3
from collections import Counter
from collections.abc import Iterator

import bson
from bson import CodecOptions

from domain.stock import MovementKind, closing_id
from infrastructure.mongo.client import Document
from infrastructure.mongo.stock_counters import COUNTERS_ID, Counted, key_of, ledger_document, movement_of

_OPTIONS: CodecOptions[Document] = CodecOptions(tz_aware=True)


def mend_stock(connection: sqlite3.Connection) -> None:
    """What was marked belongs into the ledger, and the counters are its sum: no pens, since their processes are gone.

    Reservations that have not ended are to be looked at again: their orders may be younger than the copy.
    """
    row = connection.execute("SELECT document FROM stock WHERE id = ?", (COUNTERS_ID,)).fetchone()
    if row is None:
        return
    for mark in Counted.of(bson.decode(row[0], _OPTIONS)).marks.values():
        _write(connection, "INSERT OR IGNORE", ledger_document(mark))
    on_hand, available = Counter[str](), Counter[str]()
    for document in _ledger(connection):
        key = key_of(document["ingredient"])
        on_hand[key] += document.get("on_hand", 0)
        available[key] += document.get("on_hand", 0) - document.get("reserved", 0)
    for document in list(_open_reservations(connection)):
        _write(connection, "REPLACE", {**document, "unseen": True})
    counters = {"on_hand": dict(on_hand), "available": dict(available), "marks": {}, "cleared": 0}
    connection.execute(
        "UPDATE stock SET document = ? WHERE id = ?", (bson.encode({"_id": COUNTERS_ID, **counters}), COUNTERS_ID)
    )


def _open_reservations(connection: sqlite3.Connection) -> Iterator[Document]:
    """By their ids an order's movements stand together, and how it ended stands first."""
    order_id, ended = None, set[str]()
    for document in _ledger(connection):
        if document.get("order_id") != order_id:
            order_id, ended = document.get("order_id"), set()
        ended.add(document["_id"])
        made = document["kind"] == MovementKind.RESERVED
        if made and closing_id(movement_of(document["_id"], document)) not in ended:
            yield document


def _ledger(connection: sqlite3.Connection) -> Iterator[Document]:
    for movement_id, stored in connection.execute("SELECT id, document FROM stock_movements ORDER BY id"):
        yield {**bson.decode(stored, _OPTIONS), "_id": movement_id}


def _write(connection: sqlite3.Connection, verb: str, document: Document) -> None:
    row = (document["_id"], bson.encode(document))
    connection.execute(f"{verb} INTO stock_movements VALUES (?, NULL, NULL, 0, ?)", row)
