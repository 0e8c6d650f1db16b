"""What the store holds of the effects of orders, as an auditor reads it: stock, points, and what became of messages."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from pymongo.asynchronous.database import AsyncDatabase

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bought:
    """What an order's effects follow from. One that nobody finished placing has no `items`."""

    items: Sequence[Mapping[str, Any]]
    total: int
    redeemed: int
    phone: str
    email: str | None
    confirmed: bool
    cooked: bool
    cancelled: bool

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> "Bought":
        return cls(
            items=state["items"],
            total=state["total_amount"],
            redeemed=state["points_redeemed"],
            phone=state["customer"]["phone"],
            email=state["customer"].get("email"),
            confirmed=state.get("confirmed_at") is not None,
            cooked=state.get("cooking_started_at") is not None,
            cancelled=state.get("cancelled_at") is not None,
        )


@dataclass(frozen=True, slots=True)
class StockMovement:
    """By how much it changed what is on hand, and what is reserved; `order_id` is None for what came in."""

    order_id: str | None
    ingredient: str
    kind: str
    on_hand: int
    reserved: int


@dataclass(frozen=True, slots=True)
class PointsMovement:
    order_id: str
    kind: str
    customer_id: str
    points: int


@dataclass(frozen=True, slots=True)
class Record:
    """What became of a notification; its id is `<event id>/<channel>`."""

    status: str
    provider_id: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Effects:
    """`levels` are what is on hand and what is reserved of each ingredient, as the store adds it up itself."""

    bought: Mapping[str, Bought] = field(default_factory=dict)
    stock: Sequence[StockMovement] = ()
    levels: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    points: Sequence[PointsMovement] = ()
    records: Mapping[str, Record] = field(default_factory=dict)


def read_sqlite(connection: sqlite3.Connection) -> Effects:
    """Within the transaction that the connection is in."""

    def rows(sql: str) -> list[tuple[Any, ...]]:
        return connection.execute(sql).fetchall()

    return Effects(
        bought={order_id: Bought.of(json.loads(state)) for order_id, state in rows("SELECT id, state FROM orders")},
        stock=[
            StockMovement(*row)
            for row in rows("SELECT order_id, ingredient, kind, on_hand, reserved FROM stock_movements")
        ],
        levels={row[0]: (row[1], row[2]) for row in rows("SELECT ingredient, on_hand, reserved FROM stock_levels")},
        points=[
            PointsMovement(*row) for row in rows("SELECT order_id, kind, customer_id, points FROM points_movements")
        ],
        records={row[0]: Record(*row[1:]) for row in rows("SELECT id, status, provider_id, error FROM notifications")},
    )


async def read_mongo(database: "AsyncDatabase[Document]") -> Effects:
    async def all_of(name: str, *fields: str) -> list[Document]:
        return await database[name].find({}, dict.fromkeys(fields, 1) if fields else None).to_list(None)

    counters = (await all_of("stock") or [{}])[0]
    points = await all_of("points_movements")
    return Effects(
        bought={found["_id"]: Bought.of(found["state"]) for found in await all_of("orders", "state")},
        stock=list(_stock(counters, await all_of("stock_movements"))),
        levels=_levels(counters),
        points=[PointsMovement(m["order_id"], m["kind"], m["customer_id"], m["points"]) for m in points],
        records={
            found["_id"]: Record(found["status"], found.get("provider_id"), found.get("error"))
            for found in await all_of("notifications")
        },
    )


def _stock(counters: Document, ledger: Iterable[Document]) -> Iterable[StockMovement]:
    """The ledger, and what is marked in the counters and not in it yet."""
    marks = {unquote(key): mark for key, mark in counters.get("marks", {}).items()}
    for movement in (marks | {found["_id"]: found for found in ledger}).values():
        yield StockMovement(
            movement.get("order_id"),
            movement["ingredient"],
            movement["kind"],
            movement.get("on_hand", 0),
            movement.get("reserved", 0),
        )


def _levels(counters: Document) -> dict[str, tuple[int, int]]:
    """What is reserved is what is on hand and not available."""
    available = counters.get("available", {})
    return {
        unquote(key): (on_hand, on_hand - available.get(key, 0)) for key, on_hand in counters.get("on_hand", {}).items()
    }
