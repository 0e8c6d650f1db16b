-- What became of each notification, under "<event id>/<channel>": ids sort by the time of the event. No phone number, no
-- address and no text.
CREATE TABLE notifications (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    status TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at INTEGER NOT NULL,
    provider_id TEXT,
    error TEXT
) WITHOUT ROWID;

CREATE INDEX notifications_by_order ON notifications (order_id);
-- Most were sent, and need none.
CREATE INDEX notifications_unsent ON notifications (status, id) WHERE status <> 'sent';
