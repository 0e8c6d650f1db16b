-- Times are milliseconds since 1970-01-01 UTC; state, pending, items and data are JSON.
-- Every table of aggregates has the same columns for its version and its pending events.

CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state BLOB NOT NULL,
    pending BLOB,
    pending_count INTEGER NOT NULL DEFAULT 0,
    lease TEXT,
    next_attempt_at INTEGER,
    lane TEXT,
    pending_since INTEGER,
    parked_at INTEGER,
    status TEXT NOT NULL,
    customer_phone TEXT NOT NULL,
    idempotency_key TEXT
);

-- The relay's: what is due in a lane; and, without touching a row, how much waits and since when.
CREATE INDEX orders_due ON orders (lane, next_attempt_at, pending_since) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX orders_parked ON orders (parked_at, id) WHERE parked_at IS NOT NULL;
CREATE INDEX orders_by_status ON orders (status, id);
CREATE INDEX orders_by_phone ON orders (customer_phone, id);
CREATE UNIQUE INDEX orders_by_idempotency_key ON orders (idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE menus (
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

CREATE TABLE kitchens (
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

-- The event log. No row is ever deleted, so that positions rise by one.
CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    aggregate_id TEXT NOT NULL,
    aggregate_version INTEGER NOT NULL,
    type TEXT NOT NULL,
    data BLOB NOT NULL,
    recorded_at INTEGER NOT NULL
);

-- Also what makes each event enter once: an aggregate raises one event per version.
CREATE UNIQUE INDEX events_by_aggregate ON events (aggregate_id, aggregate_version);

CREATE TABLE tickets (
    order_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    status TEXT NOT NULL,
    items BLOB NOT NULL,
    fulfilment TEXT NOT NULL,
    pizza_count INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,
    estimated_ready_time INTEGER NOT NULL,
    notes TEXT,
    cook TEXT,
    updated_at INTEGER NOT NULL
);

CREATE INDEX tickets_by_status ON tickets (status, confirmed_at);

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
