"""Orders of the past, from a file into the store."""
