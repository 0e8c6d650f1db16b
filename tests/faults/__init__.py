"""The real service as real processes, under faults, with a ledger outside that counts what must not be lost."""
