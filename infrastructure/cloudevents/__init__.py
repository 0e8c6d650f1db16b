"""CloudEvents at the edge: how domain events are named, shaped, encoded and sent to the world outside."""
