-- Customers, under ids that do not tell their numbers; and the ledger of their points, which never changes.
CREATE TABLE customers (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state BLOB NOT NULL,
    pending BLOB,
    pending_count INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    next_attempt_at INTEGER,
    lane TEXT,
    pending_since INTEGER,
    parked_at INTEGER
);

CREATE INDEX customers_due ON customers (lane, next_attempt_at, pending_since) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX customers_parked ON customers (parked_at, id) WHERE parked_at IS NOT NULL;

-- `id` is the order's id and the kind of the movement: each happens once.
CREATE TABLE points_movements (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    points INTEGER NOT NULL,
    at INTEGER NOT NULL
);

CREATE INDEX points_movements_by_customer ON points_movements (customer_id, at, id);
