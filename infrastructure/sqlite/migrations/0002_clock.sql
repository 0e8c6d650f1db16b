-- The clock that leases, due times and ages are kept by; see infrastructure/sqlite/clock.py. One row.
-- It showed `origin` when the monotonic clock of the machine, in the run that `boot` names, showed 0, and was last seen
-- at `seen`.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    boot TEXT NOT NULL,
    origin INTEGER NOT NULL,
    seen INTEGER NOT NULL
);
