-- Drivers, with the tours that they are on in their state.
CREATE TABLE drivers (
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

CREATE INDEX drivers_due ON drivers (lane, next_attempt_at, pending_since) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX drivers_parked ON drivers (parked_at, id) WHERE parked_at IS NOT NULL;
