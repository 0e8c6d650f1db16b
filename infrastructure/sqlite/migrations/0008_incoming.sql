-- What has come in: a row for each (source, id) of a CloudEvent, for ever. The id is a hash of the two.
CREATE TABLE incoming (
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

CREATE INDEX incoming_due ON incoming (lane, next_attempt_at, pending_since) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX incoming_parked ON incoming (parked_at, id) WHERE parked_at IS NOT NULL;

-- The last position that each driver has reported.
CREATE TABLE driver_positions (
    driver_id TEXT PRIMARY KEY,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    at INTEGER NOT NULL
);
