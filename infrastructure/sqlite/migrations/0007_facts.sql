-- Analytics: a fact about each order; the hours (UTC, in milliseconds) whose facts have changed since they were rolled
-- up; and what was rolled up, by local hour, day and month of one time zone, each part in MessagePack.
CREATE TABLE order_facts (
    order_id TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    generation TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    status TEXT NOT NULL,
    fulfilment TEXT NOT NULL,
    currency TEXT NOT NULL,
    total_amount INTEGER NOT NULL,
    pizza_count INTEGER NOT NULL,
    lines BLOB NOT NULL,
    customer TEXT,
    confirmed_at INTEGER,
    estimated_ready_at INTEGER,
    cooking_at INTEGER,
    ready_at INTEGER,
    dispatched_at INTEGER,
    finished_at INTEGER,
    cook TEXT,
    carrier TEXT
);

CREATE INDEX order_facts_by_time ON order_facts (placed_at);

CREATE TABLE fact_marks (
    hour INTEGER PRIMARY KEY,
    token TEXT NOT NULL
);

CREATE TABLE roll_ups (
    zone TEXT NOT NULL,
    level TEXT NOT NULL,
    start INTEGER NOT NULL,
    token TEXT NOT NULL,
    sales BLOB NOT NULL,
    kitchen BLOB NOT NULL,
    customers BLOB NOT NULL,
    PRIMARY KEY (zone, level, start)
);

CREATE TABLE roll_up_zone (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    zone TEXT NOT NULL
);
