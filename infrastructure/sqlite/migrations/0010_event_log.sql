-- Aggregates of two kinds may have the same id, and each event's type belongs to one kind.
DROP INDEX events_by_aggregate;
CREATE UNIQUE INDEX events_by_aggregate ON events (aggregate_id, aggregate_version, type);
