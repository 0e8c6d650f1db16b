"""Everything that changes something: each command beside its handler."""
