"""Everything that only reads: typed read models, past the aggregates."""
