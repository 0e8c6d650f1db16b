"""The indexes of every collection."""

from pymongo import ASCENDING, IndexModel

from infrastructure.kinds import KINDS
from infrastructure.mongo.coalescer import IDEMPOTENCY_KEY

_THERE = {"$exists": True}
#: Of whatever raises events. Partial, so that they stay small.
OUTBOX_INDEXES = [
    IndexModel(
        [("lane", ASCENDING), ("next_attempt_at", ASCENDING)],
        partialFilterExpression={"next_attempt_at": _THERE},
    ),
    IndexModel([("parked_at", ASCENDING)], partialFilterExpression={"parked_at": _THERE}),
]
#: Few, since each makes every insert dearer.
INDEXES = {
    "orders": [
        IndexModel([("state.status", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("state.customer.phone", ASCENDING), ("_id", ASCENDING)]),
        IndexModel(
            [(IDEMPOTENCY_KEY, ASCENDING)],
            unique=True,
            partialFilterExpression={IDEMPOTENCY_KEY: {"$type": "string"}},
        ),
    ],
    "events": [
        IndexModel([("event_id", ASCENDING)], unique=True),
        IndexModel([("aggregate_id", ASCENDING), ("aggregate_version", ASCENDING)]),
    ],
    "notifications": [
        IndexModel([("order_id", ASCENDING)]),
        IndexModel([("status", ASCENDING), ("_id", ASCENDING)], partialFilterExpression={"error": _THERE}),
    ],
    "points_movements": [IndexModel([("customer_id", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)])],
    "order_facts": [IndexModel([("placed_at", ASCENDING)])],
    "tickets": [IndexModel([("status", ASCENDING), ("confirmed_at", ASCENDING)])],
    "stock_movements": [
        IndexModel([("at", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("ingredient", ASCENDING), ("at", ASCENDING), ("_id", ASCENDING)]),
        IndexModel([("order_id", ASCENDING)], partialFilterExpression={"order_id": _THERE}),
        IndexModel([("unseen", ASCENDING), ("at", ASCENDING)], partialFilterExpression={"unseen": _THERE}),
    ],
}
for _kind in KINDS:
    if _kind.raises_events:
        INDEXES[_kind.home] = OUTBOX_INDEXES + INDEXES.get(_kind.home, [])
